#include <fmt/format.h>

#include <cerrno>

#include "base/log.h"
#include "platform/darwin/darwin.h"
#include "platform/darwin/errors.h"
#include "platform/darwin/process_reading.h"

namespace m1opt::platform::darwin {

namespace {

constexpr int kStopLooks = 1000;  // the kernel marks the process before kill() returns
constexpr int kInfoTries = 4;

Error gone(ProcessId process) {
  return {Errc::gone, ESRCH, fmt::format("pid {} belongs to another process now", process.pid)};
}

std::string name_of(Attribute attribute) {
  return boost::describe::enum_to_string(attribute, "value");
}

/// Only the flag that setpriority() from outside sets: what the process asked
/// for itself is its own.
std::int64_t value_of(Attribute attribute, const AllInfo& info) {
  switch (attribute) {
    case Attribute::run_state: return info.bsd.status == kStatusStopped ? 1 : 0;
    case Attribute::nice: return info.bsd.nice;
    case Attribute::darwin_background: return (info.bsd.flags & kFlagExternalBackground) != 0 ? 1 : 0;
    default: return 0;
  }
}

/// One call may fail for a reason that passes; only `gone` says that there is no process.
Result<AllInfo> read_surely(RawCalls& calls, std::int32_t pid) {
  auto info = read_all_info(calls, pid);
  for (int tries = 1; tries < kInfoTries && !info && info.error().code != Errc::gone; ++tries) {
    info = read_all_info(calls, pid);
  }
  return info;
}

class DarwinProcessControl final : public ProcessControl {
 public:
  explicit DarwinProcessControl(RawCalls& calls)
      : calls_(calls), table_(darwin::make_process_table(calls)) {}

  /// Every value belongs to a whole process here: nice is the task's, and the
  /// background flag reaches each thread by the task's ceiling.
  std::optional<SubjectKind> holder(Attribute attribute) override {
    switch (attribute) {
      case Attribute::run_state:
      case Attribute::nice:
      case Attribute::darwin_background: return SubjectKind::process;
      case Attribute::policy:
      case Attribute::io_priority:
      case Attribute::clamp_min:
      case Attribute::autogroup_nice:
      case Attribute::cgroup_weight:
      case Attribute::cgroup_idle: return std::nullopt;
    }
    return std::nullopt;
  }

  Result<std::string> identify(ProcessId process) override {
    if (auto info = look(process); !info) return info.error();
    auto path = table_->executable(process.pid);
    if (!path) return path.error();
    if (auto info = look(process); !info) return info.error();
    return path;
  }

  /// Start tokens are wall time, as p_start is. Should the clock be set back
  /// while something is held, a child born after that looks older than the hold
  /// and keeps what it inherited; should it be set forward, nothing goes wrong.
  std::uint64_t start_token_now() override {
    return static_cast<std::uint64_t>(calls_.wall_microseconds());
  }

  Result<std::vector<ProcessId>> threads(ProcessId) override {
    return Error{Errc::unsupported, 0, "macOS keeps these values for whole processes"};
  }
  Result<Subject> autogroup(ProcessId) override { return no_groups(); }
  Result<std::vector<std::int32_t>> autogroup_members(const Subject&) override { return no_groups(); }
  Result<Subject> cgroup(ProcessId) override { return no_groups(); }
  Result<std::vector<std::int32_t>> cgroup_members(const Subject&) override { return no_groups(); }

  Result<std::int64_t> read(Attribute attribute, const Subject& subject) override {
    if (holder(attribute) != subject.kind) return unknown(attribute);
    const auto info = look(subject.process);
    if (!info) return info.error();
    return value_of(attribute, *info);
  }

  Result<void> write(Attribute attribute, const Subject& subject, std::int64_t value) override;
  Result<void> may_undo(const Change& change) override;

 private:
  static Error no_groups() { return {Errc::unsupported, 0, "macOS has no groups of sessions"}; }
  static Error unknown(Attribute attribute) {
    return {Errc::unsupported, 0, "macOS has no " + name_of(attribute)};
  }

  /// `gone` unless the number still belongs to the living process.
  Result<AllInfo> look(ProcessId process) {
    auto info = read_surely(calls_, process.pid);
    if (!info) return info.error();
    if (id_of(info->bsd) != process) return gone(process);
    if (info->bsd.status == kStatusZombie) {
      return Error{Errc::gone, ESRCH, fmt::format("pid {} has ended", process.pid)};
    }
    return info;
  }

  Result<void> set_number(Attribute attribute, std::int32_t pid, std::int64_t value);
  Result<void> confirm(Attribute attribute, ProcessId process, std::int64_t value, AllInfo after);
  void give_back(Attribute attribute, ProcessId process, std::int64_t set);

  RawCalls& calls_;
  std::unique_ptr<ProcessTable> table_;
};

/// The call itself, which takes a number and not a process.
Result<void> DarwinProcessControl::set_number(Attribute attribute, std::int32_t pid,
                                              std::int64_t value) {
  if (attribute == Attribute::run_state) {
    const Answer answer = calls_.send_signal(pid, value == 1 ? Signal::stop : Signal::resume);
    if (answer.ok()) return {};
    return error_of(fmt::format("kill({}, {})", pid, value == 1 ? "SIGSTOP" : "SIGCONT"), answer.error);
  }
  const bool background = attribute == Attribute::darwin_background;
  const int which = background ? kPriorityDarwinProcess : kPriorityProcess;
  const int number = background ? (value == 1 ? kDarwinBackground : 0) : static_cast<int>(value);
  const Answer answer = calls_.set_priority(which, pid, number);
  if (answer.ok()) return {};
  return error_of(fmt::format("setpriority({}, {}, {:#x})", which, pid, number), answer.error);
}

/// The number went to another process while it was being changed: if that one carries our value
/// now, it gets what it was born with, which is its parent's. Born running, it is never stopped.
void DarwinProcessControl::give_back(Attribute attribute, ProcessId process, std::int64_t set) {
  const auto stranger = read_surely(calls_, process.pid);
  if (!stranger || id_of(stranger->bsd) == process || value_of(attribute, *stranger) != set) return;
  Result<std::int64_t> own = 0;
  if (attribute != Attribute::run_state) {
    const auto parent = read_surely(calls_, static_cast<std::int32_t>(stranger->bsd.parent));
    own = parent ? Result<std::int64_t>(value_of(attribute, *parent)) : parent.error();
  }
  if (own && *own == set) return;
  const auto restored = own ? set_number(attribute, process.pid, *own) : Result<void>(own.error());
  log_warning("pid {} was reused while its {} was set; given back: {}", process.pid,
              name_of(attribute), restored ? "yes" : restored.error().what);
}

/// Who keeps a priority where nice counts for nothing (task_policy.c); empty: nobody does.
std::string keeper_of(std::int32_t priority, std::int64_t nice) {
  if (priority == kBackgroundPriority) {
    return "that of the background, by its own wish or its launch job's (ProcessType)";
  }
  // 31 - nice is what it is without App Nap (bsd_kern.c).
  if (priority == kSuppressedPriority && 31 - nice != priority) return "where App Nap holds it";
  return {};
}

/// There is no handle on a process: identity, call, identity again. The window
/// that this leaves is the few microseconds of the call itself.
Result<void> DarwinProcessControl::write(Attribute attribute, const Subject& subject,
                                         std::int64_t value) {
  if (holder(attribute) != subject.kind) return unknown(attribute);
  const auto before = look(subject.process);
  if (!before) return before.error();
  const std::int64_t old = value_of(attribute, *before);
  // SIGCONT resumes whoever had stopped the process, so it is not sent to one that runs.
  if (attribute == Attribute::run_state && old == value) return {};
  if (auto set = set_number(attribute, subject.process.pid, value); !set) return set;
  const auto after = look(subject.process);
  if (!after) {
    if (after.error().code != Errc::gone) return after.error();
    give_back(attribute, subject.process, value);
    return Error{Errc::changed, 0,
                 fmt::format("pid {} ended while it was changed", subject.process.pid)};
  }
  if (attribute == Attribute::nice && value < old) {
    if (const std::string keeper = keeper_of(after->task.priority, value); !keeper.empty()) {
      return Error{Errc::io, 0,
                   fmt::format("nice {} has no effect on pid {}: its priority stays {}, {}", value, subject.process.pid,
                               after->task.priority, keeper)};
    }
  }
  return confirm(attribute, subject.process, value, *after);
}

/// What was set must show. A stop that does not show at once is taken back:
/// SIGCONT discards one that is still on its way, which nobody would undo later.
Result<void> DarwinProcessControl::confirm(Attribute attribute, ProcessId process,
                                           std::int64_t value, AllInfo after) {
  if (attribute == Attribute::darwin_background && value == 1) {
    if (value_of(attribute, after) == 1 && after.task.priority == kBackgroundPriority) return {};
    return Error{Errc::io, 0,
                 fmt::format("pid {} was put in background, but its flags are {:#x} and its "
                             "priority {}",
                             process.pid, after.bsd.flags, after.task.priority)};
  }
  if (attribute != Attribute::run_state) return {};
  for (int look_again = 0; value_of(attribute, after) != value; ++look_again) {
    auto info = look(process);
    if (!info) return info.error();
    after = *info;
    if (look_again < kStopLooks) continue;
    if (value == 0) {
      return Error{Errc::io, 0, fmt::format("pid {} was continued and stays stopped", process.pid)};
    }
    auto resumed = set_number(attribute, process.pid, 0);
    return Error{Errc::io, 0,
                 fmt::format("pid {} did not stop; taken back: {}", process.pid,
                             resumed ? "yes" : resumed.error().what)};
  }
  return {};
}

Result<void> DarwinProcessControl::may_undo(const Change& change) {
  if (holder(change.attribute) != change.subject.kind) return unknown(change.attribute);
  const auto info = look(change.subject.process);
  if (!info) return info.error();
  const std::uint32_t user = calls_.effective_user();
  // A policy of the system may refuse signals to single processes even to root.
  if (change.attribute == Attribute::run_state) {
    const std::int32_t pid = change.subject.process.pid;
    const Answer answer = calls_.send_signal(pid, Signal::none);
    if (answer.ok()) return {};
    return error_of(fmt::format("kill({}, 0)", pid), answer.error);
  }
  if (user == 0) return {};
  if (change.attribute == Attribute::nice && change.before < change.set) {
    return Error{Errc::not_permitted, EPERM, "only root may lower a nice value again"};
  }
  if (info->bsd.uid == user || info->bsd.real_uid == user) return {};
  return Error{Errc::not_permitted, EPERM, "it belongs to another user"};
}

}  // namespace

std::unique_ptr<ProcessControl> make_process_control(RawCalls& calls) {
  return std::make_unique<DarwinProcessControl>(calls);
}

}  // namespace m1opt::platform::darwin
