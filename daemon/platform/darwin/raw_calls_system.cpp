#include "platform/darwin/raw_calls_system.h"

#include <dispatch/dispatch.h>
#include <fcntl.h>
#include <libproc.h>
#include <mach/mach.h>
#include <mach/mach_time.h>
#include <mach/vm_page_size.h>
#include <signal.h>
#include <sys/acl.h>
#include <sys/event.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysctl.h>
#include <sys/time.h>
#include <sys/ucred.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "platform/darwin/io_kit_system.h"
#include "platform/posix/accounts.h"

// notify.h is not in every SDK that this is built with; libSystem has them all.
extern "C" {
std::uint32_t notify_register_check(const char* name, int* out_token);
std::uint32_t notify_get_state(int token, std::uint64_t* state64);
std::uint32_t notify_cancel(int token);
std::uint32_t notify_register_file_descriptor(const char* name, int* notify_fd, int flags,
                                              int* out_token);
}

namespace m1opt::platform::darwin {

namespace {

Answer answer_of(std::int64_t result) {
  return result < 0 ? Answer{0, errno != 0 ? errno : EIO} : Answer{result, 0};
}

/// For libproc, which turns failure into 0 or less and leaves the reason in errno.
Answer count_of(int result) {
  return result <= 0 ? Answer{0, errno != 0 ? errno : EIO} : Answer{result, 0};
}

mach_port_t host() {
  static const mach_port_t port = mach_host_self();  // each call would take another reference
  return port;
}

/// Runs on a thread of libdispatch's own.
void on_pressure(void* context) {
  const int fd = static_cast<int>(reinterpret_cast<std::intptr_t>(context));
  [[maybe_unused]] const auto written = ::write(fd, "p", 1);  // full: it is readable anyway
}

/// The reading end of a pipe that the source writes to, for as long as the
/// process lives. Through libdispatch, whose source is public; the kernel's own
/// filter is not.
Answer make_pressure_source() {
  std::array<int, 2> ends{};
  if (!io_kit::make_event_pipe(ends)) return answer_of(-1);
  dispatch_source_t source = dispatch_source_create(
      DISPATCH_SOURCE_TYPE_MEMORYPRESSURE, 0,
      DISPATCH_MEMORYPRESSURE_NORMAL | DISPATCH_MEMORYPRESSURE_WARN |
          DISPATCH_MEMORYPRESSURE_CRITICAL,
      dispatch_get_global_queue(QOS_CLASS_USER_INITIATED, 0));
  if (source == nullptr) {
    ::close(ends[0]);
    ::close(ends[1]);
    return {0, ENOTSUP};
  }
  dispatch_set_context(source, reinterpret_cast<void*>(static_cast<std::intptr_t>(ends[1])));
  dispatch_source_set_event_handler_f(source, on_pressure);
  dispatch_resume(source);
  return {ends[0], 0};
}

constexpr std::uint32_t kNotifyFailed = 1000000;  // NOTIFY_STATUS_FAILED (notify.h)

/// For as long as the process lives; who asks gets a descriptor of his own.
struct NotifySource {
  std::uint32_t status{kNotifyFailed};
  int fd{-1};
};

NotifySource register_notify_source(const char* name) {
  NotifySource source;
  int token = 0;
  source.status = ::notify_register_file_descriptor(name, &source.fd, 0, &token);
  if (source.status != 0) return source;
  ::fcntl(source.fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(source.fd, F_SETFL, O_NONBLOCK);
  return source;
}

class SystemCalls final : public RawCalls {
 public:
  Answer sysctl(const char* name, std::span<std::byte> out) override {
    std::size_t length = out.size();
    const int code = ::sysctlbyname(name, out.data(), &length, nullptr, 0);
    return answer_of(code < 0 ? code : static_cast<std::int64_t>(length));
  }

  Answer process_arguments(std::int32_t pid, std::span<std::byte> out) override {
    std::array<int, 3> name{CTL_KERN, KERN_PROCARGS2, pid};
    std::size_t length = out.size();
    const int code = ::sysctl(name.data(), name.size(), out.data(), &length, nullptr, 0);
    return answer_of(code < 0 ? code : static_cast<std::int64_t>(length));
  }

  int vm_statistics(std::span<std::uint32_t> out, std::uint32_t& count) override {
    mach_msg_type_number_t words = count;
    const int code = ::host_statistics64(host(), HOST_VM_INFO64,
                                         reinterpret_cast<host_info64_t>(out.data()), &words);
    count = words;
    return code;
  }

  int cpu_ticks(std::array<std::uint32_t, 4>& out) override {
    static_assert(HOST_CPU_LOAD_INFO_COUNT == 4 && CPU_STATE_IDLE == 2);
    mach_msg_type_number_t words = HOST_CPU_LOAD_INFO_COUNT;
    return ::host_statistics(host(), HOST_CPU_LOAD_INFO, reinterpret_cast<host_info_t>(out.data()),
                             &words);
  }

  std::uint64_t page_size() override { return vm_kernel_page_size; }

  Timebase timebase() override {
    static const Timebase base = [] {
      mach_timebase_info_data_t info{};
      ::mach_timebase_info(&info);
      return Timebase{info.numer, info.denom};
    }();
    return base;
  }

  std::int64_t wall_microseconds() override {
    timeval now{};
    ::gettimeofday(&now, nullptr);  // what the kernel puts into p_start
    return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_usec;
  }

  Answer list_all_pids(std::span<std::int32_t> out) override {
    errno = 0;
    if (out.empty()) return count_of(::proc_listallpids(nullptr, 0));
    return count_of(::proc_listallpids(out.data(), static_cast<int>(out.size_bytes())));
  }

  Answer process_info(std::int32_t pid, int flavor, std::span<std::byte> out) override {
    errno = 0;
    return count_of(::proc_pidinfo(pid, flavor, 0, out.data(), static_cast<int>(out.size())));
  }

  Answer process_usage(std::int32_t pid, int flavor, std::span<std::byte> out) override {
    return answer_of(
        ::proc_pid_rusage(pid, flavor, reinterpret_cast<rusage_info_t*>(out.data())));
  }

  Answer process_path(std::int32_t pid, std::span<char> out) override {
    errno = 0;
    return count_of(::proc_pidpath(pid, out.data(), static_cast<std::uint32_t>(out.size())));
  }

  Answer owner_of(const char* path) override {
    struct stat found {};
    if (::stat(path, &found) != 0) return answer_of(-1);
    return {static_cast<std::int64_t>(found.st_uid), 0};
  }
  Answer session_of(std::int32_t pid) override { return answer_of(::getsid(pid)); }

  Answer set_priority(int which, std::int32_t pid, int value) override {
    return answer_of(::setpriority(which, static_cast<id_t>(pid), value));
  }

  Answer send_signal(std::int32_t pid, Signal signal) override {
    int number = 0;
    switch (signal) {
      case Signal::none: break;
      case Signal::stop: number = SIGSTOP; break;
      case Signal::resume: number = SIGCONT; break;
    }
    return answer_of(::kill(pid, number));
  }

  std::uint32_t effective_user() override { return ::geteuid(); }

  std::uint32_t notify_register_check(const char* name, int& token) override {
    return ::notify_register_check(name, &token);
  }
  std::uint32_t notify_get_state(int token, std::uint64_t& state) override {
    return ::notify_get_state(token, &state);
  }
  void notify_cancel(int token) override { (void)::notify_cancel(token); }
  std::uint32_t notify_register_descriptor(const char* name, int& fd) override {
    static const NotifySource source = register_notify_source(name);
    if (source.status != 0) return source.status;
    fd = ::fcntl(source.fd, F_DUPFD_CLOEXEC, 0);
    return fd < 0 ? kNotifyFailed : 0;
  }

  Answer open_exit_events(std::int32_t pid) override;
  Answer open_pressure_events() override;
  Answer open_file_events(const std::vector<std::string>& paths, std::vector<int>& files) override;
  Result<int> open_power_messages() override { return io_kit::open_power_messages(); }
  void allow_power_change(std::int64_t notification) override {
    io_kit::allow_power_change(notification);
  }

  Result<void> smc_open() override { return io_kit::smc_open(); }
  int smc_call(std::span<const std::byte, kSmcBytes> in,
               std::span<std::byte, kSmcBytes> out) override {
    return io_kit::smc_call(in, out);
  }
  Result<PowerSources> power_sources() override { return io_kit::power_sources(); }
  Result<std::uint32_t> create_assertion(const std::string& name, Duration timeout) override {
    return io_kit::create_assertion(name, timeout);
  }
  Result<void> release_assertion(std::uint32_t id) override { return io_kit::release_assertion(id); }
  Result<bool> has_assertion(std::uint32_t id) override { return io_kit::has_assertion(id); }

  Result<std::vector<AccessEntry>> access_list(const char* path) override;

  Answer peer_credentials(int fd, std::span<std::byte> out) override {
    auto length = static_cast<socklen_t>(out.size());
    const int code = ::getsockopt(fd, SOL_LOCAL, LOCAL_PEERCRED, out.data(), &length);
    return answer_of(code < 0 ? code : static_cast<std::int64_t>(length));
  }
  Answer peer_pid(int fd) override {
    pid_t pid = 0;
    socklen_t length = sizeof(pid);
    const int code = ::getsockopt(fd, SOL_LOCAL, LOCAL_PEERPID, &pid, &length);
    return answer_of(code < 0 ? code : pid);
  }
  Result<std::uint32_t> find_group(const std::string& name) override {
    return posix::find_group(name);
  }
  std::vector<std::uint32_t> groups_of(std::uint32_t uid) override { return posix::groups_of(uid); }

  Result<posix::ToolExit> run_tool(const posix::Tool& tool) override {
    return posix::run_tool(tool);
  }

  Answer start_child() override;
  void end_child(std::int32_t pid) override {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    if (child_pipe_ >= 0) ::close(std::exchange(child_pipe_, -1));
  }

 private:
  int child_pipe_{-1};
};

Answer SystemCalls::open_exit_events(std::int32_t pid) {
  const int fd = ::kqueue();
  if (fd < 0) return answer_of(fd);
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  struct kevent event {};
  EV_SET(&event, static_cast<uintptr_t>(pid), EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, nullptr);
  if (::kevent(fd, &event, 1, nullptr, 0, nullptr) < 0) {
    const Answer failed = answer_of(-1);
    ::close(fd);
    return failed;
  }
  return {fd, 0};
}

Result<std::vector<AccessEntry>> SystemCalls::access_list(const char* path) {
  static_assert(ACL_READ_DATA == kAccessReadData && ACL_WRITE_DATA == kAccessWriteData &&
                ACL_DELETE == kAccessDelete && ACL_APPEND_DATA == kAccessAppendData &&
                ACL_DELETE_CHILD == kAccessDeleteChild &&
                ACL_WRITE_SECURITY == kAccessWriteSecurity &&
                ACL_CHANGE_OWNER == kAccessChangeOwner && ACL_ADD_FILE == kAccessWriteData);
  errno = 0;
  acl_t list = ::acl_get_link_np(path, ACL_TYPE_EXTENDED);
  // ENOENT is said of an object without a list too; that it exists was looked at before.
  if (list == nullptr && (errno == ENOENT || errno == ENOTSUP || errno == EOPNOTSUPP)) {
    return std::vector<AccessEntry>{};
  }
  if (list == nullptr) {
    return error_from_errno(std::string("read the access list of ") + path, errno);
  }
  std::vector<AccessEntry> entries;
  acl_entry_t entry = nullptr;
  for (int which = ACL_FIRST_ENTRY; ::acl_get_entry(list, which, &entry) == 0;
       which = ACL_NEXT_ENTRY) {
    AccessEntry& found = entries.emplace_back();
    // What cannot be told counts as allowed to change everything.
    acl_tag_t tag = ACL_UNDEFINED_TAG;
    found.allows = ::acl_get_tag_type(entry, &tag) != 0 || tag != ACL_EXTENDED_DENY;
    acl_permset_mask_t rights = 0;
    const bool known = ::acl_get_permset_mask_np(entry, &rights) == 0;
    found.rights = known ? static_cast<std::uint32_t>(rights) : ~0U;
    if (void* who = ::acl_get_qualifier(entry); who != nullptr) {
      std::memcpy(found.who.data(), who, found.who.size());
      ::acl_free(who);
    }
  }
  ::acl_free(list);
  return entries;
}

/// One source serves everybody; whoever asks gets a descriptor of his own.
Answer SystemCalls::open_file_events(const std::vector<std::string>& paths,
                                     std::vector<int>& files) {
  const int queue = ::kqueue();
  if (queue < 0) return answer_of(queue);
  ::fcntl(queue, F_SETFD, FD_CLOEXEC);
  for (const std::string& path : paths) {
    const int file = ::open(path.c_str(), O_EVTONLY | O_CLOEXEC);
    if (file < 0 && errno == ENOENT) continue;
    if (file >= 0) files.push_back(file);
    struct kevent event {};
    EV_SET(&event, static_cast<uintptr_t>(file), EVFILT_VNODE, EV_ADD,
           NOTE_WRITE | NOTE_EXTEND | NOTE_ATTRIB | NOTE_DELETE | NOTE_RENAME | NOTE_REVOKE, 0,
           nullptr);
    if (file >= 0 && ::kevent(queue, &event, 1, nullptr, 0, nullptr) == 0) continue;
    const Answer failed = answer_of(-1);
    ::close(queue);
    return failed;
  }
  return {queue, 0};
}

Answer SystemCalls::open_pressure_events() {
  static const Answer source = make_pressure_source();
  if (!source.ok()) return source;
  return answer_of(::fcntl(static_cast<int>(source.value), F_DUPFD_CLOEXEC, 0));
}

/// In this process's own group, so that launchd ends it with the job; and it
/// ends by itself when the other end of its pipe is closed.
Answer SystemCalls::start_child() {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return answer_of(-1);
  ::fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  const pid_t child = ::fork();
  if (child == 0) {
    // Only async-signal-safe calls: the parent may have threads.
    ::close(ends[1]);
    char byte = 0;
    while (::read(ends[0], &byte, 1) < 0 && errno == EINTR) {
    }
    ::_exit(0);
  }
  const Answer started = answer_of(child);  // before another call sets errno
  ::close(ends[0]);
  if (child < 0) {
    ::close(ends[1]);
    return started;
  }
  child_pipe_ = ends[1];
  return started;
}

}  // namespace

RawCalls& system_calls() {
  static SystemCalls calls;
  return calls;
}

}  // namespace m1opt::platform::darwin
