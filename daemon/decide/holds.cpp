#include "decide/holds.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/path.h"
#include "decide/bans.h"
#include "decide/breaks.h"
#include "decide/rates.h"
#include "decide/text.h"
#include "decide/workloads.h"

namespace m1opt::decide {
namespace {

/// A stop is delivered when the process next runs, which on a busy machine takes a starved one its
/// time: until then it is not yet stopped, rather than continued by somebody else.
constexpr Duration kStopPatience = std::chrono::seconds(30);

/// An action is looked at again in 20 ms, and one that fails must not be asked for each time.
constexpr Duration kRetry = std::chrono::seconds(1);

/// The held process in this sample; null when it is gone or no longer ours to hold.
const ProcessInfo* held_process(const Tick& tick, const Hold& hold) {
  if (is_for_workload(hold.kind)) {
    const auto member = tick.members.find(hold.process);
    return member == tick.members.end() ? nullptr : &member->second.process->process;
  }
  const auto target = tick.targets.find(hold.process);
  const bool ours = target != tick.targets.end() && target->second->target == hold.target;
  return ours ? &target->second->process : nullptr;
}

bool shows_held(const Tick& tick, const Hold& hold, const ProcessInfo& process) {
  switch (hold.kind) {
    case ActionKind::suspend:
    case ActionKind::pause_workload: return process.state == RunState::stopped;
    case ActionKind::background: return process.background;
    case ActionKind::raise: return process.nice <= tick.config.priority.nice;
  }
  return true;
}

/// The system no longer shows what we set: somebody else changed it.
void check_state(Tick& tick, Hold& hold, const ProcessInfo& process) {
  if (shows_held(tick, hold, process)) {
    hold.seen_applied = true;
    return;
  }
  if (is_stop(hold.kind)) {
    if (hold.seen_applied) {
      mark_ending(hold, EndCause::foreign, "somebody else continued it");
    } else if (tick.now - hold.since >= kStopPatience) {
      mark_ending(hold, EndCause::deadline,
                  "it was not seen to stop within " + duration_text(kStopPatience));
    }
    return;
  }
  // A partial action may never show; only what was seen can have been reset.
  if (!hold.seen_applied) return;
  mark_ending(hold, EndCause::reset, "somebody else reset its priority; it is set again");
  if (note_reset(tick, hold.process, hold.kind)) return;
  add_ban(tick, hold.target, hold.process, BanCause::reset, hold.kind,
          tick.config.limits.foreign_resume);
  tick.report(
      EventKind::target_refused, Severity::warning,
      fmt::format("the priority of {} was reset {} times in {}: left alone for {}",
                  process_text(hold_name(hold), hold.process), tick.config.limits.reapply + 1,
                  duration_text(tick.config.limits.reapply_window),
                  duration_text(tick.config.limits.foreign_resume)),
      hold.rule, hold.target, hold.process);
}

void check_raise(Tick& tick, Hold& hold) {
  const Member& member = tick.members.at(hold.process);
  const auto memory = tick.state.workloads.find(hold.target);
  if (!tick.config.priority.enabled) {
    mark_ending(hold, EndCause::config, "priority is off in the config");
  } else if (!member.process->may_raise) {
    mark_ending(hold, EndCause::config, member.process->why_not);
  } else if (memory == tick.state.workloads.end() || is_quiet(tick, memory->second)) {
    mark_ending(hold, EndCause::quiet,
                fmt::format("{} has not been busy for {}", hold.target,
                            duration_text(tick.config.limits.quiet)));
  }
}

/// Does the config still let this rule do to this row what it did?
bool may_still(const RuleView& rule, const Hold& hold) {
  if (!is_about(rule.config->scope, hold.target)) return false;
  if (hold.kind == ActionKind::background) return rule.has(LadderStep::background);
  return rule.has(LadderStep::suspend) || rule.has(LadderStep::suspend_if_ineffective);
}

/// Would this rule have begun the hold itself?
bool supports(const Tick& tick, const RuleView& rule, const Hold& hold) {
  if (!rule.keeps() || !may_still(rule, hold)) return false;
  if (hold.kind == ActionKind::background || rule.has(LadderStep::suspend)) return true;
  const Hold* background = background_of(tick.state, hold.process);
  if (background != nullptr) return !background->effective;
  const BackOff* back_off = find_back_off(tick, hold.target, ActionKind::background);
  return back_off != nullptr && back_off->tried;
}

void check_rule(Tick& tick, const std::vector<RuleView>& rules, Hold& hold) {
  const TargetConfig* row = tick.row(hold.target);
  if (row == nullptr || (hold.kind == ActionKind::suspend && row->mode == TargetMode::background)) {
    mark_ending(hold, EndCause::config, "the config no longer allows it");
    return;
  }
  const RuleView* own = find_rule(rules, hold.rule);
  if (own != nullptr && own->keeps() && may_still(*own, hold)) return;
  // Another rule that wants the same takes it over: no release and hold again.
  const auto heir = std::find_if(rules.begin(), rules.end(),
                                 [&](const RuleView& rule) { return supports(tick, rule, hold); });
  if (heir != rules.end()) {
    hold.rule = heir->config->name;
    hold.reason = heir->config->name + ": " + heir->text;
    return;
  }
  if (own == nullptr) {
    mark_ending(hold, EndCause::config, "its rule is no longer in the config");
  } else if (!may_still(*own, hold)) {
    mark_ending(hold, EndCause::config, own->config->name + " is no longer about it, or no longer does that");
  } else {
    mark_unwanted(
        hold, *own,
        fmt::format("no workload has needed it for {}", duration_text(tick.config.limits.quiet)));
  }
}

void check_hold(Tick& tick, const std::vector<RuleView>& rules, Hold& hold) {
  if (tick.state.pause.active) {
    mark_ending(hold, EndCause::paused, fmt::format("paused by uid {}", tick.state.pause.uid));
    return;
  }
  if (tick.state.safe.active) {
    mark_ending(hold, EndCause::config, "m1opt only observes");
    return;
  }
  if (tick.config.observe_only) {
    mark_ending(hold, EndCause::config, kObserveOnly);
    return;
  }
  if (hold.deadline <= tick.now) {
    mark_ending(hold, EndCause::deadline, "its time is over");
    return;
  }
  const ProcessInfo* process = held_process(tick, hold);
  if (process == nullptr || process->state == RunState::zombie) {
    mark_ending(hold, EndCause::vanished, "it is gone, or may no longer be held");
    return;
  }
  if (!hold.executable.empty() && !process->executable.empty() &&
      process->executable != hold.executable) {
    mark_ending(hold, EndCause::vanished, "it runs another program now");
    return;
  }
  check_state(tick, hold, *process);
  if (hold.ending || hold.manual) return;
  switch (hold.kind) {
    case ActionKind::raise: check_raise(tick, hold); return;
    case ActionKind::pause_workload: check_break(rules, hold); return;
    case ActionKind::background:
    case ActionKind::suspend: check_rule(tick, rules, hold); return;
  }
}

void end_kind(Tick& tick, ActionKind kind) {
  for (auto& hold : tick.state.holds) {
    if (hold.kind != kind || !hold.ending || !may_try_again(tick, hold)) continue;
    Action action;
    action.verb = ActionVerb::end;
    action.kind = hold.kind;
    action.process = hold.process;
    action.executable = hold.executable;
    action.target = hold.target;
    action.record = hold.record;
    action.deadline = hold.deadline;
    action.reason = hold.ending->text;
    action.command = std::exchange(hold.ending->command, 0);
    tick.ends.push_back(std::move(action));
  }
}

}  // namespace

void mark_unwanted(Hold& hold, const RuleView& own, std::string quiet) {
  if (own.tripped) {
    mark_ending(hold, EndCause::quiet, std::move(quiet));
  } else {
    mark_ending(hold, EndCause::rule_cleared, own.config->name + " cleared: " + own.text);
  }
}

bool may_try_again(const Tick& tick, const Hold& hold) {
  return !hold.failed || tick.now - *hold.failed >= kRetry;
}

std::string hold_name(const Hold& hold) {
  const std::string name(base_name(hold.executable));
  return name.empty() ? hold.target : name;
}

void begin_hold(Tick& tick, const BeginWish& wish) {
  Action action;
  action.verb = ActionVerb::begin;
  action.kind = wish.kind;
  action.process = wish.process->id;
  action.executable = wish.process->executable;
  action.target = wish.target;
  action.deadline = wish.deadline;
  action.nice = wish.kind == ActionKind::raise ? tick.config.priority.nice : 0;
  action.reason = wish.reason;
  action.command = wish.command;

  Hold hold;
  hold.kind = wish.kind;
  hold.process = wish.process->id;
  hold.executable = wish.process->executable;
  hold.target = wish.target;
  hold.rule = wish.rule;
  hold.manual = wish.command != 0;
  hold.reason = wish.reason;
  hold.since = tick.now;
  hold.deadline = wish.deadline;
  hold.threads = wish.process->threads;
  hold.demand_before = demand_of(tick.state, wish.process->id);
  const Track* track = find_track(tick.state, wish.process->id);
  hold.share_before = track != nullptr ? track->share : 0.0;
  tick.state.pending.push_back({std::move(hold)});
  tick.begins.push_back(std::move(action));
}

void mark_ending(Hold& hold, EndCause cause, std::string text, std::uint64_t command) {
  if (!hold.ending) {
    hold.ending = Ending{cause, std::move(text), 0};
    hold.failed.reset();  // an extension, of which the end must not wait
  }
  if (command != 0 && hold.ending->command == 0) hold.ending->command = command;
}

void end_holds(Tick& tick, const std::vector<RuleView>& rules) {
  for (auto& hold : tick.state.holds) {
    if (!hold.ending) check_hold(tick, rules, hold);
  }
  for (const auto kind : {ActionKind::suspend, ActionKind::pause_workload, ActionKind::background,
                          ActionKind::raise}) {
    end_kind(tick, kind);
  }
}

std::vector<HoldStatus> hold_statuses(const Tick& tick) {
  std::vector<HoldStatus> statuses;
  for (const auto& hold : tick.state.holds) {
    HoldStatus status;
    status.record = hold.record;
    status.kind = hold.kind;
    status.target = hold.target;
    status.process = hold.process;
    status.reason = hold.reason;
    status.rule = hold.rule;
    status.manual = hold.manual;
    status.effective = hold.effective;
    status.observed = hold.observed;
    status.since_instant = hold.since;
    status.held = tick.now - hold.since;
    status.remaining = std::max(hold.deadline - tick.now, Duration::zero());
    statuses.push_back(std::move(status));
  }
  return statuses;
}

}  // namespace m1opt::decide
