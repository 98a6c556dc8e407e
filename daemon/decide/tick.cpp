#include "decide/tick.h"

#include <algorithm>

namespace m1opt::decide {
namespace {

/// A tick this many periods late means that the machine slept.
constexpr int kGapPeriods = 3;
/// Nothing takes that long to read, however the machine thrashes: it slept meanwhile.
constexpr Duration kLongestReading = std::chrono::seconds(30);

}  // namespace

bool is_after_gap(const State& state, const Config& config, Instant now, Duration took) {
  if (!state.last_tick) return false;
  const Duration period = std::max(state.planned_period, config.sampling.busy_period);
  return now - took - *state.last_tick > kGapPeriods * period || took > kLongestReading;
}

Tick::Tick(const State& before, const Sample& sample_, const Config& config_, Instant now_,
           Decision& decision_)
    : sample(sample_), config(config_), now(now_), decision(decision_), state(decision_.next) {
  state = before;
  gap = is_after_gap(before, config, now, sample.took.value_or(Duration{}));
  first = !before.last_tick;
  for (const auto& workload : sample.workloads) {
    for (const auto& process : workload.processes) {
      members.try_emplace(process.process.id, Member{&workload, &process});
      by_pid.try_emplace(process.process.id.pid, &process.process);
    }
  }
  std::unordered_set<ProcessId> refused;
  for (const auto& entry : sample.refused) refused.insert(entry.id);
  for (const auto& target : sample.targets) {
    ++matches[{target.target, target.process.uid}];
    by_pid.try_emplace(target.process.id.pid, &target.process);
    // The LLM's own tree and refused processes are never targets, whatever their name.
    if (members.contains(target.process.id) || refused.contains(target.process.id)) continue;
    targets.try_emplace(target.process.id, &target);
  }
}

void Tick::report(EventKind kind, Severity severity, std::string text, std::string rule,
                  std::string target, std::optional<ProcessId> process) {
  decision.reasons.push_back(
      {kind, severity, std::move(text), std::move(rule), std::move(target), process});
}

void Tick::reply(std::uint64_t command, ReplyCode code, std::string text) {
  decision.replies.push_back({command, code, std::move(text)});
}

bool Tick::any_busy() const {
  return std::any_of(state.workloads.begin(), state.workloads.end(),
                     [](const auto& entry) { return entry.second.state == WorkloadState::busy; });
}

bool Tick::resident_under_pressure() const {
  if (!sample.pressure || sample.pressure->level < PressureLevel::warning) return false;
  return std::any_of(state.workloads.begin(), state.workloads.end(),
                     [](const auto& entry) { return entry.second.state != WorkloadState::absent; });
}

const TargetConfig* Tick::row(const std::string& target) const {
  const auto found = std::find_if(config.targets.begin(), config.targets.end(),
                                  [&](const TargetConfig& row) { return row.name == target; });
  return found == config.targets.end() ? nullptr : &*found;
}

int Tick::suspended() const {
  const auto held = std::count_if(state.holds.begin(), state.holds.end(), [](const Hold& hold) {
    return is_stop(hold.kind);
  });
  const auto asked = std::count_if(begins.begin(), begins.end(), [](const Action& action) {
    return action.verb == ActionVerb::begin && is_stop(action.kind);
  });
  return static_cast<int>(held + asked);
}

int Tick::suspensions_left() const {
  const auto asked = std::count_if(begins.begin(), begins.end(), [](const Action& action) {
    return action.verb == ActionVerb::begin && action.kind == ActionKind::suspend;
  });
  return config.limits.suspensions_per_hour - static_cast<int>(state.suspensions.size()) - static_cast<int>(asked);
}

Hold* find_hold(State& state, ProcessId process, ActionKind kind) {
  const auto found = std::find_if(state.holds.begin(), state.holds.end(), [&](const Hold& hold) {
    return hold.kind == kind && hold.process == process;
  });
  return found == state.holds.end() ? nullptr : &*found;
}

const Hold* find_hold(const State& state, ProcessId process, ActionKind kind) {
  return find_hold(const_cast<State&>(state), process, kind);
}

const Track* find_track(const State& state, ProcessId process) {
  const auto found = state.tracks.find(process);
  return found == state.tracks.end() ? nullptr : &found->second;
}

std::optional<Percent> measured_share(const State& state, ProcessId process) {
  const Track* track = find_track(state, process);
  if (track == nullptr || !track->known) return std::nullopt;
  return Percent{track->share};
}

}  // namespace m1opt::decide
