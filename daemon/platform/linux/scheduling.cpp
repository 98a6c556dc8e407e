#include "platform/linux/scheduling.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace m1opt::platform::scheduling {

namespace {

constexpr int kIoprioWhoProcess = 1;  // linux/ioprio.h; with a tid it means that thread

// linux/sched/types.h; glibc 2.36 does not declare it.
struct SchedAttr {
  std::uint32_t size;
  std::uint32_t sched_policy;
  std::uint64_t sched_flags;
  std::int32_t sched_nice;
  std::uint32_t sched_priority;
  std::uint64_t sched_runtime;
  std::uint64_t sched_deadline;
  std::uint64_t sched_period;
  std::uint32_t sched_util_min;
  std::uint32_t sched_util_max;
};
constexpr std::uint64_t kFlagKeepPolicy = 0x08;
constexpr std::uint64_t kFlagKeepParams = 0x10;
constexpr std::uint64_t kFlagUtilClampMin = 0x20;

Error failed(const char* call, std::int32_t tid) {
  return error_from_errno(std::string(call) + "(" + std::to_string(tid) + ")", errno);
}

}  // namespace

Result<std::int64_t> read_policy(std::int32_t tid) {
  const int policy = ::sched_getscheduler(tid);
  if (policy < 0) return failed("sched_getscheduler", tid);
  return policy;
}

Result<void> write_policy(std::int32_t tid, std::int64_t policy) {
  const sched_param parameters{};
  if (::sched_setscheduler(tid, static_cast<int>(policy), &parameters) != 0) {
    return failed("sched_setscheduler", tid);
  }
  return {};
}

Result<std::int64_t> read_nice(std::int32_t tid) {
  errno = 0;
  const int nice = ::getpriority(PRIO_PROCESS, static_cast<id_t>(tid));
  if (nice == -1 && errno != 0) return failed("getpriority", tid);
  return nice;
}

Result<void> write_nice(std::int32_t tid, std::int64_t nice) {
  if (::setpriority(PRIO_PROCESS, static_cast<id_t>(tid), static_cast<int>(nice)) != 0) {
    return failed("setpriority", tid);
  }
  return {};
}

Result<std::int64_t> read_io_priority(std::int32_t tid) {
  const long value = ::syscall(SYS_ioprio_get, kIoprioWhoProcess, tid);
  if (value < 0) return failed("ioprio_get", tid);
  return value;
}

Result<void> write_io_priority(std::int32_t tid, std::int64_t value) {
  if (::syscall(SYS_ioprio_set, kIoprioWhoProcess, tid, static_cast<int>(value)) != 0) {
    return failed("ioprio_set", tid);
  }
  return {};
}

Result<std::int64_t> read_clamp_min(std::int32_t tid) {
  SchedAttr attr{};
  if (::syscall(SYS_sched_getattr, tid, &attr, sizeof attr, 0) != 0) {
    return failed("sched_getattr", tid);
  }
  return attr.sched_util_min;
}

Result<void> write_clamp_min(std::int32_t tid, std::int64_t value) {
  SchedAttr attr{};
  attr.size = sizeof attr;
  attr.sched_flags = kFlagKeepPolicy | kFlagKeepParams | kFlagUtilClampMin;
  attr.sched_util_min = static_cast<std::uint32_t>(value);
  if (::syscall(SYS_sched_setattr, tid, &attr, 0) != 0) return failed("sched_setattr", tid);
  return {};
}

}  // namespace m1opt::platform::scheduling
