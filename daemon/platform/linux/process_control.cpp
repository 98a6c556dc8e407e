#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <ctime>

#include "base/fault.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "platform/linux/groups.h"
#include "platform/linux/proc_entry.h"
#include "platform/linux/scheduling.h"
#include "platform/platform.h"

namespace m1opt::platform {

namespace {

std::string proc(std::int32_t pid) { return "/proc/" + std::to_string(pid); }

Subject subject_of(ProcessId process) { return {SubjectKind::process, process, {}, 0, {}}; }

std::string directory_of(const Subject& subject) {
  return subject.kind == SubjectKind::thread
             ? proc(subject.process.pid) + "/task/" + std::to_string(subject.thread.pid)
             : proc(subject.process.pid);
}

/// A thread of the process that still lives, 0 if none: the main thread may end
/// before the others, and then only they tell that the process is alive.
std::int32_t living_thread(std::int32_t pid) {
  auto tids = list_numbers(proc(pid) + "/task");
  if (!tids) return 0;
  for (const std::int32_t tid : *tids) {
    auto entry = read_proc_entry(proc(pid) + "/task/" + std::to_string(tid));
    if (entry && !entry->ended()) return tid;
  }
  return 0;
}

/// Fails with `gone` unless the number in /proc still belongs to the living subject.
Result<ProcEntry> check_identity(const Subject& subject) {
  auto entry = read_proc_entry(directory_of(subject));
  if (!entry) return entry.error();
  const ProcessId& id = subject.kind == SubjectKind::thread ? subject.thread : subject.process;
  if (entry->start != id.start) {
    return Error{Errc::gone, ESRCH,
                 "pid " + std::to_string(id.pid) + " belongs to another process now"};
  }
  if (entry->ended() &&
      (subject.kind == SubjectKind::thread || living_thread(subject.process.pid) == 0)) {
    return Error{Errc::gone, ESRCH, "pid " + std::to_string(id.pid) + " has ended"};
  }
  return entry;
}

Result<void> signal_process(ProcessId process, int signal) {
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  if (!pidfd.valid()) return error_from_errno("pidfd_open(" + std::to_string(process.pid) + ")", errno);
  fault_point("signal.opened");
  // The pidfd pins whoever has the number now; only then does looking at its start token prove
  // that the signal goes to the right one.
  const Subject subject = subject_of(process);
  if (auto entry = check_identity(subject); !entry) return entry.error();
  fault_point("signal.checked");
  if (::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) != 0) {
    return error_from_errno("pidfd_send_signal(" + std::to_string(process.pid) + ")", errno);
  }
  return {};
}

/// 1 when a stop signal holds the process, is about to, or may. The main thread alone
/// does not tell: it may sleep in the kernel while the others stand already. A tracer hides
/// the stop beneath, and the process is stopped again when it lets go.
Result<std::int64_t> read_run_state(const Subject& subject) {
  auto entry = check_identity(subject);
  if (!entry) return entry.error();
  if (entry->state == 'T') return 1;
  auto pending = stop_pending(subject.process.pid);
  if (pending && *pending) return 1;
  auto traced = is_traced(subject.process.pid);
  if (traced && *traced) return 1;
  auto tids = list_numbers(proc(subject.process.pid) + "/task");
  if (!tids) return tids.error();
  for (const std::int32_t tid : *tids) {
    auto thread = read_proc_entry(proc(subject.process.pid) + "/task/" + std::to_string(tid));
    if (thread && thread->state == 'T') return 1;
  }
  return 0;
}

Result<std::int64_t> read_thread(Attribute attribute, std::int32_t tid) {
  switch (attribute) {
    case Attribute::policy: return scheduling::read_policy(tid);
    case Attribute::nice: return scheduling::read_nice(tid);
    case Attribute::io_priority: return scheduling::read_io_priority(tid);
    case Attribute::clamp_min: return scheduling::read_clamp_min(tid);
    case Attribute::run_state:
    case Attribute::autogroup_nice:
    case Attribute::cgroup_weight:
    case Attribute::cgroup_idle:
    case Attribute::darwin_background: break;
  }
  return Error{Errc::unsupported, 0, "not an attribute of a thread"};
}

Result<void> write_thread_number(Attribute attribute, std::int32_t tid, std::int64_t value) {
  switch (attribute) {
    case Attribute::policy: return scheduling::write_policy(tid, value);
    case Attribute::nice: return scheduling::write_nice(tid, value);
    case Attribute::io_priority: return scheduling::write_io_priority(tid, value);
    case Attribute::clamp_min: return scheduling::write_clamp_min(tid, value);
    case Attribute::run_state:
    case Attribute::autogroup_nice:
    case Attribute::cgroup_weight:
    case Attribute::cgroup_idle:
    case Attribute::darwin_background: break;
  }
  return Error{Errc::unsupported, 0, "not an attribute of a thread"};
}

/// These calls take a number, not a handle, so identity is checked before and after. The second
/// look also tells a thread that ends meanwhile: what the kernel keeps for it (its I/O priority) is
/// gone before its number is.
Result<std::int64_t> read_of_thread(Attribute attribute, const Subject& subject) {
  if (auto entry = check_identity(subject); !entry) return entry.error();
  fault_point("read.before");
  auto value = read_thread(attribute, subject.thread.pid);
  if (auto entry = check_identity(subject); !entry) return entry.error();
  return value;
}

/// What whoever has the number was born with: its parent's value, or, for a
/// thread, its main thread's.
Result<std::int64_t> read_inherited(Attribute attribute, std::int32_t tid) {
  auto entry = read_proc_entry(proc(tid));
  if (!entry) return entry.error();
  auto group = thread_group(tid);
  if (!group) return group.error();
  auto value = read_thread(attribute, *group == tid ? entry->parent : *group);
  if (value && attribute == Attribute::policy) *value &= ~scheduling::kResetOnFork;
  return value;
}

/// For a stranger that got the number between the last look and the call, and so
/// got our value. It was born in that moment, so it had what it inherited.
void give_back(Attribute attribute, std::int32_t tid, std::int64_t value) {
  auto now = read_thread(attribute, tid);
  if (!now || *now != value) return;
  auto own = read_inherited(attribute, tid);
  if (own && *own == value) return;
  auto restored = own ? write_thread_number(attribute, tid, *own) : Result<void>(own.error());
  log_warning("thread {} was reused while its {} was set; given back: {}", tid,
              boost::describe::enum_to_string(attribute, "value"),
              restored ? "yes" : restored.error().what);
}

/// As read_of_thread: a look before and one after.
Result<void> write_thread(Attribute attribute, const Subject& subject, std::int64_t value) {
  const std::int32_t tid = subject.thread.pid;
  if (auto entry = check_identity(subject); !entry) return entry.error();
  fault_point("call.before");
  if (auto written = write_thread_number(attribute, tid, value); !written) return written;
  fault_point("call.after");
  if (auto entry = check_identity(subject); entry) return {};
  give_back(attribute, tid, value);
  return Error{Errc::changed, 0, "thread " + std::to_string(tid) + " ended while it was changed"};
}

/// Without CAP_SYS_NICE the kernel lets an owner lower a priority freely but
/// raise it only to what the process's own RLIMIT_NICE allows (20 - limit).
Result<void> may_raise_to(std::int32_t pid, std::int64_t nice) {
  if (has_capability(CAP_SYS_NICE)) return {};
  struct stat owner {};
  if (::stat(proc(pid).c_str(), &owner) != 0) return error_from_errno("stat " + proc(pid), errno);
  rlimit limit{};
  if (owner.st_uid == ::geteuid() && ::prlimit(pid, RLIMIT_NICE, nullptr, &limit) == 0 &&
      static_cast<std::int64_t>(limit.rlim_cur) >= 20 - nice) {
    return {};
  }
  return Error{Errc::not_permitted, EPERM,
               "taking it back needs CAP_SYS_NICE (or a nice limit that allows it)"};
}

Result<void> may_write_file(const std::string& path) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.valid()) return error_from_errno("open " + path + " for writing", errno);
  return {};
}

class LinuxProcessControl final : public ProcessControl {
 public:
  Result<std::string> identify(ProcessId process) override {
    const Subject subject = subject_of(process);
    if (auto entry = check_identity(subject); !entry) return entry.error();
    std::string path(PATH_MAX, '\0');
    const std::int32_t tid = living_thread(process.pid);
    const std::string link = proc(process.pid) + "/task/" + std::to_string(tid) + "/exe";
    const ssize_t n = ::readlink(link.c_str(), path.data(), path.size());
    if (n < 0) return error_from_errno("readlink " + link, errno);
    path.resize(static_cast<std::size_t>(n));
    if (auto entry = check_identity(subject); !entry) return entry.error();
    return path;
  }

  std::uint64_t start_token_now() override {
    const auto hz = static_cast<std::int64_t>(::sysconf(_SC_CLK_TCK));
    const Duration tick = Duration(std::chrono::seconds(1)) / hz;
    return static_cast<std::uint64_t>(read_continuous_clock() / tick);
  }

  std::optional<SubjectKind> holder(Attribute attribute) override {
    switch (attribute) {
      case Attribute::run_state: return SubjectKind::process;
      case Attribute::policy:
      case Attribute::nice:
      case Attribute::io_priority:
      case Attribute::clamp_min: return SubjectKind::thread;
      case Attribute::autogroup_nice: return SubjectKind::autogroup;
      case Attribute::cgroup_weight:
      case Attribute::cgroup_idle: return SubjectKind::cgroup;
      case Attribute::darwin_background: return std::nullopt;
    }
    return std::nullopt;
  }

  Result<std::vector<ProcessId>> threads(ProcessId process) override {
    const Subject subject = subject_of(process);
    if (auto entry = check_identity(subject); !entry) return entry.error();
    auto tids = list_numbers(proc(process.pid) + "/task");
    if (!tids) return tids.error();
    std::vector<ProcessId> found;
    for (const std::int32_t tid : *tids) {
      auto entry = read_proc_entry(proc(process.pid) + "/task/" + std::to_string(tid));
      if (entry && !entry->ended()) found.push_back({tid, entry->start});
    }
    return found;
  }

  Result<Subject> autogroup(ProcessId process) override { return groups::find_autogroup(process); }
  Result<std::vector<std::int32_t>> autogroup_members(const Subject& group) override {
    return groups::autogroup_members(group);
  }
  Result<Subject> cgroup(ProcessId process) override { return groups::find_cgroup(process); }
  Result<std::vector<std::int32_t>> cgroup_members(const Subject& group) override {
    return groups::cgroup_members(group);
  }

  Result<std::int64_t> read(Attribute attribute, const Subject& subject) override {
    switch (subject.kind) {
      case SubjectKind::process: return read_run_state(subject);
      case SubjectKind::thread: return read_of_thread(attribute, subject);
      case SubjectKind::autogroup: return groups::read_autogroup_nice(subject);
      case SubjectKind::cgroup: return groups::read_cgroup(attribute, subject);
    }
    return Error{Errc::unsupported, 0, "unknown subject"};
  }

  Result<void> write(Attribute attribute, const Subject& subject, std::int64_t value) override {
    switch (subject.kind) {
      case SubjectKind::process:
        return signal_process(subject.process, value == 1 ? SIGSTOP : SIGCONT);
      case SubjectKind::thread: return write_thread(attribute, subject, value);
      case SubjectKind::autogroup: return groups::write_autogroup_nice(subject, value);
      case SubjectKind::cgroup: return groups::write_cgroup(attribute, subject, value);
    }
    return Error{Errc::unsupported, 0, "unknown subject"};
  }

  Result<void> may_undo(const Change& change) override {
    const std::int32_t pid = change.subject.process.pid;
    switch (change.attribute) {
      case Attribute::run_state: return signal_process(change.subject.process, 0);
      case Attribute::policy: {
        auto nice = scheduling::read_nice(change.subject.thread.pid);
        if (!nice) return nice.error();
        return may_raise_to(pid, *nice);
      }
      case Attribute::nice:
        if (change.before >= change.set) return {};
        return may_raise_to(pid, change.before);
      case Attribute::io_priority:
      case Attribute::clamp_min: return {};
      case Attribute::autogroup_nice:
        if (change.before < 0 && !has_capability(CAP_SYS_NICE)) {
          return Error{Errc::not_permitted, EPERM, "a negative group nice needs CAP_SYS_NICE"};
        }
        return may_write_file(proc(pid) + "/autogroup");
      case Attribute::cgroup_weight:
      case Attribute::cgroup_idle:
        return may_write_file(groups::cgroup_file(change.attribute, change.subject));
      case Attribute::darwin_background: break;
    }
    return Error{Errc::unsupported, 0, "unknown attribute"};
  }
};

}  // namespace

std::unique_ptr<ProcessControl> make_process_control() {
  return std::make_unique<LinuxProcessControl>();
}

}  // namespace m1opt::platform
