#include "decide/replay_machine.h"

#include <algorithm>

namespace m1opt::decide {
namespace {

/// SCHED_IDLE and its session last in line, beside a load on every core.
constexpr double kBackgroundShare = 0.02;

bool is_in(const Sample& sample, ProcessId process) {
  const bool target = std::any_of(sample.targets.begin(), sample.targets.end(),
                                  [&](const auto& entry) { return entry.process.id == process; });
  return target || std::any_of(sample.workloads.begin(), sample.workloads.end(), [&](const auto& workload) {
           return std::any_of(workload.processes.begin(), workload.processes.end(),
                              [&](const auto& member) { return member.process.id == process; });
         });
}

const TraceOutcome* find_outcome(const std::vector<TraceOutcome>& outcomes, const Action& action) {
  const auto found = std::find_if(outcomes.begin(), outcomes.end(), [&](const TraceOutcome& outcome) {
    return outcome.verb == action.verb && outcome.kind == action.kind &&
           outcome.process == action.process;
  });
  return found == outcomes.end() ? nullptr : &*found;
}

Outcome outcome_of(const Action& action, OutcomeCode code, std::string text) {
  return {action.verb, action.kind, action.process, action.target,   action.record,
          code,        std::move(text), action.reason, action.deadline, action.command};
}

}  // namespace

void ReplayMachine::begin_piece(const TraceHeader& header, bool new_run) {
  const auto before = std::exchange(recorded_, {});
  for (const TraceHold& hold : header.holds) {
    const auto known = before.find({hold.process, hold.kind});
    recorded_[{hold.process, hold.kind}] = {hold.record, known == before.end() ? 0 : known->second.nice_before};
  }
  if (!new_run) return;
  release_all("m1optd ended");
  shown_.outcomes.clear();  // nobody is left to hear of them
  asked_.clear();
  tiers_.clear();
  errands_.clear();
  recorded_ends_.clear();
  lost_.clear();
  nice_.clear();
}

void ReplayMachine::ask(const Decision& decision, const TraceTick& tick) {
  asked_ = decision.actions;
  tiers_ = decision.tier_requests;
  errands_ = decision.errands;
  recorded_ends_.clear();
  for (const TraceAction& action : tick.notes.actions) {
    if (action.verb == ActionVerb::end) recorded_ends_.insert(action.record);
  }
}

void ReplayMachine::release_all(const std::string& why) {
  while (!simulated_.empty()) {
    Action action = simulated_.begin()->second.action;
    action.verb = ActionVerb::end;
    action.reason = why;
    finish(action, OutcomeCode::undone, why);
  }
}

void ReplayMachine::finish(const Action& action, OutcomeCode code, std::string text) {
  const HoldKey key{action.process, action.kind};
  Action done = action;
  if (action.verb == ActionVerb::begin && is_applied(code)) {
    done.record = ++last_record_;
    simulated_[key] = {done, action.nice};
  }
  if (action.verb != ActionVerb::begin && is_over(code)) simulated_.erase(key);
  shown_.outcomes.push_back(outcome_of(done, code, std::move(text)));
  done_.emplace_back(std::move(done), shown_.outcomes.back());
}

void ReplayMachine::settle_asked(const TraceTick& tick) {
  for (const Action& action : std::exchange(asked_, {})) {
    const bool present = is_in(tick.sample, action.process);
    if (const auto* recorded = find_outcome(tick.notes.outcomes, action)) {
      finish(action, recorded->code, recorded->text);
    } else if (action.verb == ActionVerb::end) {
      finish(action, present ? OutcomeCode::undone : OutcomeCode::gone, "");
    } else {
      finish(action, OutcomeCode::applied, "");
    }
  }
}

/// What the recorded daemon let go of without having decided so: for the guardian, a sleep, the
/// journal. The simulated one would have, too.
void ReplayMachine::follow_releases(const TraceTick& tick) {
  for (const TraceOutcome& outcome : tick.notes.outcomes) {
    if (outcome.verb != ActionVerb::end || recorded_ends_.contains(outcome.record)) continue;
    const auto held = simulated_.find({outcome.process, outcome.kind});
    if (held == simulated_.end()) continue;
    Action action = held->second.action;
    action.verb = ActionVerb::end;
    action.reason = outcome.text;
    finish(action, outcome.code, outcome.text);
  }
}

void ReplayMachine::note_recorded(const TraceTick& tick) {
  for (const TraceOutcome& outcome : tick.notes.outcomes) {
    const HoldKey key{outcome.process, outcome.kind};
    if (outcome.verb == ActionVerb::begin && is_applied(outcome.code)) {
      const auto nice = nice_.find(outcome.process);
      recorded_[key] = {outcome.record, nice == nice_.end() ? 0 : nice->second};
    } else if (outcome.verb != ActionVerb::extend || !is_applied(outcome.code)) {
      recorded_.erase(key);
    }
  }
}

void ReplayMachine::settle(const TraceTick& tick, bool slept) {
  shown_.outcomes.clear();
  settle_asked(tick);
  follow_releases(tick);
  if (slept) {
    for (auto held = simulated_.begin(); held != simulated_.end();) {
      const auto next = std::next(held);
      if (!recorded_.contains(held->first)) {
        Action action = held->second.action;
        action.verb = ActionVerb::end;
        action.reason = "the machine slept";
        finish(action, OutcomeCode::undone, action.reason);
      }
      held = next;
    }
  }
  note_recorded(tick);
  shown_.tier_outcomes.clear();
  for (TierRequest& request : tiers_) {
    shown_.tier_outcomes.push_back({std::move(request), TierResult::asked, 0, ""});
  }
  tiers_.clear();
  shown_.errand_outcomes.clear();
  for (ErrandRequest& request : errands_) {
    shown_.errand_outcomes.push_back({std::move(request), ErrandResult::done, ""});
  }
  errands_.clear();
}

/// The trace knows the processes that its own configuration was looking for, no others.
void ReplayMachine::fit(const Config& config) {
  std::erase_if(shown_.targets, [&](TargetSample& target) {
    const auto row = std::find_if(config.targets.begin(), config.targets.end(),
                                  [&](const TargetConfig& entry) { return entry.name == target.target; });
    if (row != config.targets.end()) {
      target.mode = row->mode;
      return false;
    }
    return !simulated_.contains({target.process.id, ActionKind::background}) &&
           !simulated_.contains({target.process.id, ActionKind::suspend});
  });
  std::erase_if(shown_.workloads, [&](WorkloadSample& workload) {
    const auto row = std::find_if(config.workloads.begin(), config.workloads.end(),
                                  [&](const WorkloadConfig& entry) { return entry.name == workload.name; });
    if (row == config.workloads.end()) return !workload.leased;
    for (WorkloadProcess& member : workload.processes) {
      if (row->raise || !member.may_raise) continue;
      member.may_raise = false;
      member.why_not = "raise is off for " + row->name;
    }
    return false;
  });
}

void ReplayMachine::take_cpu(ProcessInfo& process, bool starved) {
  const auto differs = [&](ActionKind kind) {
    const HoldKey key{process.id, kind};
    return simulated_.contains(key) && !recorded_.contains(key);
  };
  Lost& lost = lost_[process.id];
  const Duration grown = std::max(process.cpu_time - lost.recorded, Duration{});
  lost.recorded = process.cpu_time;
  if (lost.seen && (differs(ActionKind::suspend) || differs(ActionKind::pause_workload))) {
    lost.lost += grown;
  } else if (lost.seen && starved && differs(ActionKind::background)) {
    lost.lost += Duration(static_cast<std::int64_t>(static_cast<double>(grown.count()) * (1 - kBackgroundShare)));
  }
  lost.seen = true;
  process.cpu_time = std::max(process.cpu_time - lost.lost, Duration{});
}

void ReplayMachine::show_process(ProcessInfo& process, bool starved) {
  const auto held = [&](const auto& holds, ActionKind kind) {
    const auto found = holds.find({process.id, kind});
    return found == holds.end() ? nullptr : &found->second;
  };
  take_cpu(process, starved);
  if (process.state == RunState::zombie) return;
  const auto stops = [&](const auto& holds) {
    return held(holds, ActionKind::suspend) != nullptr || held(holds, ActionKind::pause_workload) != nullptr;
  };
  const bool stopped = stops(simulated_);
  if (stopped != stops(recorded_)) {
    if (stopped) {
      process.state = RunState::stopped;
    } else if (process.state == RunState::stopped) {
      process.state = RunState::running;
    }
  }
  const bool background = held(simulated_, ActionKind::background) != nullptr;
  if (background != (held(recorded_, ActionKind::background) != nullptr)) process.background = background;
  const auto* raised = held(simulated_, ActionKind::raise);
  const auto* was_raised = held(recorded_, ActionKind::raise);
  if (was_raised == nullptr) nice_[process.id] = process.nice;
  if (raised != nullptr && was_raised == nullptr) process.nice = std::min(process.nice, raised->nice);
  if (raised == nullptr && was_raised != nullptr) process.nice = was_raised->nice_before;
}

const Sample& ReplayMachine::show(const TraceTick& tick, const Config& config, bool starved, bool slept) {
  settle(tick, slept);
  std::vector<Outcome> outcomes = std::move(shown_.outcomes);
  std::vector<TierOutcome> tier_outcomes = std::move(shown_.tier_outcomes);
  std::vector<ErrandOutcome> errand_outcomes = std::move(shown_.errand_outcomes);
  shown_ = tick.sample;
  shown_.outcomes = std::move(outcomes);
  shown_.tier_outcomes = std::move(tier_outcomes);
  shown_.errand_outcomes = std::move(errand_outcomes);
  fit(config);
  for (TargetSample& target : shown_.targets) {
    const HoldKey background{target.process.id, ActionKind::background};
    const HoldKey suspend{target.process.id, ActionKind::suspend};
    // Only time that it waited under the same holds says anything.
    if (simulated_.contains(background) != recorded_.contains(background) ||
        simulated_.contains(suspend) != recorded_.contains(suspend)) {
      target.waited.reset();
    }
    show_process(target.process, starved);
  }
  for (WorkloadSample& workload : shown_.workloads) {
    for (WorkloadProcess& member : workload.processes) show_process(member.process, starved);
  }
  return shown_;
}

}  // namespace m1opt::decide
