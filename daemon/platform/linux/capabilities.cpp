#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include <ctime>
#include <vector>

#include "platform/linux/groups.h"
#include "platform/linux/proc_entry.h"
#include "platform/linux/scheduling.h"
#include "platform/platform.h"

namespace m1opt::platform {

namespace {

constexpr std::int64_t kIoIdle = std::int64_t{3} << 13;

/// A child of our own in its own session, to try everything on. It ends with
/// this process, whatever happens.
class SacrificialChild {
 public:
  SacrificialChild() {
    pid_ = ::fork();
    if (pid_ != 0) return;
    // Only async-signal-safe calls: the parent may have threads.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setsid();
    for (;;) ::pause();
  }
  SacrificialChild(const SacrificialChild&) = delete;
  SacrificialChild& operator=(const SacrificialChild&) = delete;
  ~SacrificialChild() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  /// Waits until it has its own session; then it can be identified.
  [[nodiscard]] bool ready() const {
    for (int i = 0; i < 200; ++i) {
      auto entry = read_proc_entry("/proc/" + std::to_string(pid_));
      if (entry && entry->session == pid_) return true;
      const timespec pause{0, 1'000'000};
      ::nanosleep(&pause, nullptr);
    }
    return false;
  }
  [[nodiscard]] std::int32_t pid() const { return pid_; }

 private:
  std::int32_t pid_{-1};
};

using Step = Result<void>;

/// Sets and takes back; the first that fails tells why.
Capability both_ways(const std::string& name, const std::string& what, const Step& there,
                     const Step& back) {
  if (there && back) return {name, true, what};
  if (!there) return {name, false, what + " is not possible: " + there.error().what};
  return {name, false, what + " could not be taken back: " + back.error().what};
}

Capability probe_suspend(ProcessControl& control, ProcessId child) {
  const Subject subject{SubjectKind::process, child, {}, 0, {}};
  auto stopped = control.write(Attribute::run_state, subject, 1);
  bool observed = false;
  for (int i = 0; i < 100 && !observed; ++i) {
    auto state = control.read(Attribute::run_state, subject);
    observed = state && *state == 1;
  }
  auto resumed = control.write(Attribute::run_state, subject, 0);
  if (stopped && !observed) stopped = Error{Errc::io, 0, "the child did not stop"};
  return both_ways("suspend", "stop and continue by pidfd", stopped, resumed);
}

Capability probe_background(std::int32_t pid) {
  auto there = scheduling::write_policy(pid, scheduling::kPolicyIdle);
  auto back = scheduling::write_policy(pid, scheduling::kPolicyOther);
  auto found =
      both_ways("background", "SCHED_IDLE per thread, taken back", there, back);
  if (!found.available) {
    found.text += "; without CAP_SYS_NICE only suspending is left (run m1optd as root)";
  }
  return found;
}

Capability probe_group(ProcessControl& control, ProcessId child) {
  auto group = control.autogroup(child);
  if (!group) return {"autogroup", false, group.error().what};
  auto there = control.write(Attribute::autogroup_nice, *group, 19);
  auto back = control.write(Attribute::autogroup_nice, *group, 0);
  return both_ways("autogroup", "nice of a whole session", there, back);
}

Capability probe_pressure() {
  const auto watches = open_pressure_watches();
  if (!watches) return {"pressure_event", false, "polled instead: " + watches.error().what};
  std::string text;
  for (const EventWatch& watch : *watches) text += (text.empty() ? "" : ", ") + watch.text;
  if (watches->front().window >= std::chrono::seconds(2)) {
    text += " (a shorter window needs CAP_SYS_RESOURCE)";
  }
  return {"pressure_event", true, text};
}

Capability other_users() {
  std::vector<std::string> missing;
  if (!has_capability(CAP_KILL)) missing.emplace_back("CAP_KILL (signals)");
  if (!has_capability(CAP_SYS_PTRACE)) missing.emplace_back("CAP_SYS_PTRACE (their executable path)");
  if (!has_capability(CAP_DAC_OVERRIDE)) {
    missing.emplace_back("CAP_DAC_OVERRIDE (their session group and cgroup files)");
  }
  if (missing.empty()) return {"other_users", true, "processes of other users can be held"};
  std::string text = "for processes of other users there is no";
  for (const auto& name : missing) text += " " + name;
  return {"other_users", false, text};
}

}  // namespace

std::vector<Capability> probe_capabilities() {
  std::vector<Capability> found;
  const SacrificialChild child;
  auto control = make_process_control();
  auto entry = read_proc_entry("/proc/" + std::to_string(child.pid()));
  if (child.pid() <= 0 || !child.ready() || !entry) {
    return {{"self_test", false, "no child could be started to try things on"}};
  }
  const ProcessId id{child.pid(), entry->start};
  found.push_back(probe_suspend(*control, id));
  found.push_back(probe_background(id.pid));
  found.push_back(probe_group(*control, id));
  found.push_back(both_ways("raise", "nice -10 per thread, taken back",
                            scheduling::write_nice(id.pid, -10), scheduling::write_nice(id.pid, 0)));
  found.push_back(both_ways("io_priority", "idle I/O per thread, taken back",
                            scheduling::write_io_priority(id.pid, kIoIdle),
                            scheduling::write_io_priority(id.pid, 0)));
  found.push_back(both_ways("clamp", "utilisation clamp", scheduling::write_clamp_min(id.pid, 512),
                            scheduling::write_clamp_min(id.pid, 0)));
  found.push_back(other_users());
  found.push_back(probe_pressure());
  return found;
}

std::string self_executable() { return "/proc/self/exe"; }

}  // namespace m1opt::platform
