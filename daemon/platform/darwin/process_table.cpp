#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "platform/darwin/darwin.h"
#include "platform/darwin/errors.h"
#include "platform/darwin/process_reading.h"
#include "platform/darwin/sysctl.h"
#include "platform/process_text.h"

namespace m1opt::platform::darwin {

namespace {

constexpr std::size_t kArgumentBytes = 4096;
constexpr std::size_t kArgumentWords = 64;
constexpr std::size_t kLongestPath = 4096;  // PROC_PIDPATHINFO_MAXSIZE
constexpr std::int64_t kLargestArguments = std::int64_t{4} << 20;
constexpr std::size_t kListSlack = 64;
constexpr std::size_t kMostProcesses = std::size_t{1} << 20;
constexpr std::int32_t kLaunchd = 1;

Error gone(std::int32_t pid) {
  return {Errc::gone, ESRCH, fmt::format("pid {} is another process now", pid)};
}

class DarwinProcessTable final : public ProcessTable {
 public:
  explicit DarwinProcessTable(RawCalls& calls) : calls_(calls), usage_(calls) {}

  Result<std::vector<std::int32_t>> list() override;

  Result<ProcessInfo> stat(std::int32_t pid) override {
    const auto info = read_all_info(calls_, pid);
    if (!info) return info.error();
    ProcessInfo process = decode_process(*info, calls_.timebase());
    if (const auto usage = usage_.read(pid)) {
      process.footprint = usage->footprint;
      process.performance_cpu_time = usage->performance_cpu_time;
    }
    // Launchd's own session tells nothing about descent.
    const Answer session = calls_.session_of(pid);
    if (session.ok() && session.value > kLaunchd) {
      process.session = static_cast<std::int32_t>(session.value);
    }
    return process;
  }

  Result<std::string> executable(std::int32_t pid) override {
    std::array<char, kLongestPath> path{};
    const Answer answer = calls_.process_path(pid, path);
    if (!answer.ok()) return error_of(fmt::format("proc_pidpath({})", pid), answer.error);
    const auto length = static_cast<std::size_t>(std::max<std::int64_t>(answer.value, 0));
    return std::string(path.data(), ::strnlen(path.data(), std::min(length, path.size())));
  }

  Result<std::uint32_t> owner(std::int32_t pid) override {
    const auto info = read_short_info(calls_, pid);
    if (!info) return info.error();
    return info->uid;
  }

  Result<std::vector<std::string>> arguments(std::int32_t pid) override;
  Result<std::vector<std::string>> variables(std::int32_t pid,
                                             const std::vector<std::string>& names) override;

  Result<Duration> waited(ProcessId process) override {
    const auto info = read_all_info(calls_, process.pid);
    if (!info) return info.error();
    if (id_of(info->bsd) != process) return gone(process.pid);
    const auto usage = usage_.read(process.pid);
    if (!usage) return usage.error();
    if (usage->runnable_time < usage->cpu_time) {
      return Error{Errc::unsupported, 0, "the kernel counts less time runnable than on a core"};
    }
    return usage->runnable_time - usage->cpu_time;
  }

 private:
  /// What KERN_PROCARGS2 gives, in arguments_: whoever asks wipes it.
  Result<std::span<std::byte>> read_area(std::int32_t pid);

  RawCalls& calls_;
  UsageReader usage_;
  std::vector<std::int32_t> pids_;
  std::vector<std::byte> arguments_;
};

/// The estimate may be too low by the time the list is made: a list that fills
/// its buffer is asked for again with a larger one.
Result<std::vector<std::int32_t>> DarwinProcessTable::list() {
  const Answer estimate = calls_.list_all_pids({});
  if (!estimate.ok()) return error_of("proc_listallpids", estimate.error);
  std::size_t size = std::max(pids_.size(), static_cast<std::size_t>(std::max<std::int64_t>(
                                                estimate.value, 0)) + kListSlack);
  for (; size <= kMostProcesses; size *= 2) {
    pids_.resize(size);
    const Answer answer = calls_.list_all_pids(pids_);
    if (!answer.ok()) return error_of("proc_listallpids", answer.error);
    if (answer.value <= 0) return Error{Errc::io, 0, "proc_listallpids gives no process"};
    const auto count = static_cast<std::size_t>(answer.value);
    if (count >= pids_.size()) continue;
    std::vector<std::int32_t> found(pids_.begin(), pids_.begin() + static_cast<std::ptrdiff_t>(count));
    std::erase_if(found, [](std::int32_t pid) { return pid <= 0; });  // 0 is the kernel itself
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
  }
  return Error{Errc::io, 0, "proc_listallpids gives more than a million processes"};
}

/// The buffer must hold kern.argmax: to a smaller one the kernel copies the end
/// of the area, which is the environment (xnu bsd/kern/kern_sysctl.c).
Result<std::span<std::byte>> DarwinProcessTable::read_area(std::int32_t pid) {
  if (arguments_.empty()) {
    const auto size = read_sysctl_number(calls_, "kern.argmax");
    if (!size) return size.error();
    if (*size < 4096 || *size > kLargestArguments) {
      return Error{Errc::parse, 0, fmt::format("kern.argmax is {}", *size)};
    }
    arguments_.resize(static_cast<std::size_t>(*size));
  }
  const Answer answer = calls_.process_arguments(pid, arguments_);
  if (answer.error == EINVAL) {
    // The same for a process that is gone, a zombie and a stranger's.
    if (!read_short_info(calls_, pid)) return gone(pid);
    return Error{Errc::not_permitted, EINVAL, fmt::format("arguments of pid {}", pid)};
  }
  if (!answer.ok()) return error_of(fmt::format("KERN_PROCARGS2 {}", pid), answer.error);
  return std::span(arguments_).first(
      std::min(static_cast<std::size_t>(std::max<std::int64_t>(answer.value, 0)), arguments_.size()));
}

Result<std::vector<std::string>> DarwinProcessTable::arguments(std::int32_t pid) {
  const auto used = read_area(pid);
  if (!used) return used.error();
  auto words = decode_arguments(*used, kArgumentWords, kArgumentBytes);
  // It held somebody's environment.
  std::fill(used->begin(), used->end(), std::byte{0});
  return words;
}

Result<std::vector<std::string>> DarwinProcessTable::variables(
    std::int32_t pid, const std::vector<std::string>& names) {
  const auto used = read_area(pid);
  if (!used) return used.error();
  const auto environment = find_environment(*used);
  auto picked = environment ? Result<std::vector<std::string>>(pick_variables(*environment, names))
                            : Result<std::vector<std::string>>(environment.error());
  std::fill(used->begin(), used->end(), std::byte{0});
  return picked;
}

}  // namespace

std::unique_ptr<ProcessTable> make_process_table(RawCalls& calls) {
  return std::make_unique<DarwinProcessTable>(calls);
}

}  // namespace m1opt::platform::darwin
