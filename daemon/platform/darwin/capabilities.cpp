#include <fmt/format.h>

#include "platform/darwin/darwin.h"
#include "platform/darwin/errors.h"
#include "platform/darwin/process_reading.h"

namespace m1opt::platform::darwin {

namespace {

/// A child of our own, to try everything on. It ends with this process,
/// whatever happens.
class SacrificialChild {
 public:
  explicit SacrificialChild(RawCalls& calls) : calls_(calls) {
    const Answer answer = calls.start_child();
    if (answer.ok()) pid_ = static_cast<std::int32_t>(answer.value);
  }
  SacrificialChild(const SacrificialChild&) = delete;
  SacrificialChild& operator=(const SacrificialChild&) = delete;
  ~SacrificialChild() {
    if (pid_ > 0) calls_.end_child(pid_);
  }
  [[nodiscard]] std::int32_t pid() const { return pid_; }

 private:
  RawCalls& calls_;
  std::int32_t pid_{0};
};

/// Sets, reads back and takes back; the first that fails tells why.
Capability both_ways(ProcessControl& control, ProcessId child, const std::string& name,
                     Attribute attribute, std::int64_t value, const std::string& what) {
  const Subject subject{SubjectKind::process, child, {}, 0, {}};
  const auto before = control.read(attribute, subject);
  if (!before) return {name, false, what + " cannot be read: " + before.error().what};
  auto there = control.write(attribute, subject, value);
  const auto seen = control.read(attribute, subject);
  auto back = control.write(attribute, subject, *before);
  const auto after = control.read(attribute, subject);
  if (there && (!seen || *seen != value)) there = Error{Errc::io, 0, "the value did not show"};
  if (back && (!after || *after != *before)) back = Error{Errc::io, 0, "the value stayed"};
  if (!there) return {name, false, what + " is not possible: " + there.error().what};
  if (!back) return {name, false, what + " could not be taken back: " + back.error().what};
  return {name, true, what + ", taken back"};
}

Capability probe_pressure(RawCalls& calls) {
  auto watch = open_pressure_watch(calls);
  if (watch) return {"pressure_event", true, watch->text};
  return {"pressure_event", false, "polled instead: " + watch.error().what};
}

Capability probe_thermal(RawCalls& calls) {
  auto watch = open_thermal_watch(calls);
  if (watch) return {"thermal_event", true, watch->text};
  return {"thermal_event", false, "polled instead: " + watch.error().what};
}

Capability other_users(RawCalls& calls) {
  if (calls.effective_user() == 0) {
    return {"other_users", true, "processes of other users can be held"};
  }
  return {"other_users", false, "processes of other users can be neither held nor inspected without root"};
}

Capability native(RawCalls& calls) {
  if (is_translated(calls)) {
    return {"native", false, "it runs under Rosetta, where times of processes are wrong: use the arm64 program"};
  }
  return {"native", true, "not translated by Rosetta"};
}

Capability probe_smc(RawCalls& calls) {
  const auto opened = calls.smc_open();
  if (opened) return {"smc", true, "temperatures and fans can be read"};
  return {"smc", false, opened.error().what};
}

}  // namespace

std::vector<Capability> probe_capabilities(RawCalls& calls) {
  std::vector<Capability> found;
  const SacrificialChild child(calls);
  const auto info = read_all_info(calls, child.pid());
  if (child.pid() <= 0 || !info) {
    found.push_back({"self_test", false, "no child could be started to try things on"});
  } else {
    auto control = make_process_control(calls);
    const ProcessId id = id_of(info->bsd);
    found.push_back(both_ways(*control, id, "suspend", Attribute::run_state, 1,
                              "stop and continue by signal"));
    found.push_back(both_ways(*control, id, "background", Attribute::darwin_background, 1,
                              "background flag of a process"));
    found.push_back(both_ways(*control, id, "raise", Attribute::nice, -10, "nice -10 of a process"));
  }
  found.push_back(other_users(calls));
  found.push_back(probe_pressure(calls));
  found.push_back(probe_thermal(calls));
  found.push_back(probe_smc(calls));
  found.push_back(native(calls));
  return found;
}

}  // namespace m1opt::platform::darwin
