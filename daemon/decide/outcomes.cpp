#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "decide/bans.h"
#include "decide/holds.h"
#include "decide/text.h"

namespace m1opt::decide {
namespace {

std::string begun_text(const Hold& hold) {
  const std::string name = process_text(hold_name(hold), hold.process);
  std::string text;
  switch (hold.kind) {
    case ActionKind::background: text = "put " + name + " into the background"; break;
    case ActionKind::suspend: text = "suspended " + name; break;
    case ActionKind::raise: text = "raised the priority of " + name; break;
    case ActionKind::pause_workload: text = "gave " + name + " a rest"; break;
  }
  if (!hold.reason.empty()) text += ": " + hold.reason;
  if (!hold.observed.empty()) text += " (" + hold.observed + ")";
  return text;
}

std::string ended_text(const Hold& hold, Instant now) {
  const std::string name = process_text(hold_name(hold), hold.process);
  const std::string held = duration_text(now - hold.since);
  switch (hold.kind) {
    case ActionKind::background: return fmt::format("{} is as before, after {}", name, held);
    case ActionKind::suspend:
    case ActionKind::pause_workload: return fmt::format("{} runs again, after {}", name, held);
    case ActionKind::raise:
      return fmt::format("{} has its own priority again, after {}", name, held);
  }
  return name;
}

const char* failure_text(OutcomeCode code) {
  if (code == OutcomeCode::not_reversible) return "could not be undone, so it is not done";
  if (code == OutcomeCode::unready) return "was not tried";
  return code == OutcomeCode::not_permitted ? "is not permitted" : "failed";
}

void report_for(Tick& tick, const Hold& hold, EventKind kind, Severity severity,
                const std::string& text) {
  tick.report(kind, severity, text, hold.rule, hold.target, hold.process);
}

Hold take_pending(State& state, const Outcome& outcome) {
  const auto found =
      std::find_if(state.pending.begin(), state.pending.end(), [&](const PendingBegin& pending) {
        return pending.hold.kind == outcome.kind && pending.hold.process == outcome.process;
      });
  Hold hold;
  if (found != state.pending.end()) {
    hold = found->hold;
    state.pending.erase(found);
    return hold;
  }
  // Not asked for by this state. With neither a rule nor a user behind it, it ends at once.
  hold.kind = outcome.kind;
  hold.process = outcome.process;
  hold.target = outcome.target;
  hold.reason = outcome.reason;
  hold.deadline = outcome.deadline;
  return hold;
}

void begin_failed(Tick& tick, const Hold& hold, OutcomeCode code, const std::string& why) {
  const char* kind = boost::describe::enum_to_string(hold.kind, "?");
  if (!add_back_off(tick, hold.target, hold.kind, code, why)) return;
  report_for(tick, hold, EventKind::action_failed, Severity::warning,
             fmt::format("{} of {} {}: {}", kind, process_text(hold_name(hold), hold.process),
                         failure_text(code), why));
}

void absorb_begin(Tick& tick, const Outcome& outcome) {
  Hold hold = take_pending(tick.state, outcome);
  switch (outcome.code) {
    case OutcomeCode::applied:
    case OutcomeCode::partial:
      hold.record = outcome.record;
      hold.observed = outcome.text;
      if (outcome.deadline != Instant{}) hold.deadline = outcome.deadline;
      if (hold.since == Instant{}) hold.since = tick.now;
      clear_back_off(tick, hold.target, hold.kind);
      if (is_stop(hold.kind)) hold.seen_applied = outcome.code == OutcomeCode::applied;
      if (hold.kind == ActionKind::suspend) tick.state.suspensions.push_back(hold.since);
      report_for(tick, hold, EventKind::action_done, Severity::info, begun_text(hold));
      tick.state.holds.push_back(std::move(hold));
      return;
    case OutcomeCode::gone: break;
    case OutcomeCode::undone:
    case OutcomeCode::changed:
      // In that state already, or another program by now: not at once again.
      add_ban(tick, hold.target, hold.process, BanCause::changed, hold.kind,
              tick.config.limits.cooldown);
      break;
    case OutcomeCode::not_reversible:
    case OutcomeCode::not_permitted:
    case OutcomeCode::failed:
    case OutcomeCode::unready: begin_failed(tick, hold, outcome.code, outcome.text); break;
  }
  if (outcome.record == 0) return;
  // Half done and not yet undone: the record is open, so it is a hold until it is not, also of a
  // process that ended: its children may have inherited something.
  hold.record = outcome.record;
  mark_ending(hold, EndCause::config, "the action failed: " + outcome.text);
  tick.state.holds.push_back(std::move(hold));
}

/// Who may hold the process again, and when.
void settle_bans(Tick& tick, const Hold& hold, OutcomeCode code) {
  const auto& limits = tick.config.limits;
  const EndCause cause = hold.ending ? hold.ending->cause : EndCause::rule_cleared;
  if (hold.kind == ActionKind::raise) return;
  if (hold.kind == ActionKind::pause_workload) {
    const bool foreign = code == OutcomeCode::changed || cause == EndCause::foreign;
    add_ban(tick, hold.target, ProcessId{},
            foreign ? BanCause::foreign_resume : BanCause::breather, hold.kind,
            foreign ? limits.foreign_resume : limits.break_interval);
    return;
  }
  if (cause == EndCause::rule_cleared) {
    add_ban(tick, hold.target, ProcessId{}, BanCause::cooldown, std::nullopt, limits.cooldown);
  }
  if (hold.kind != ActionKind::suspend || code == OutcomeCode::gone) return;
  if (code == OutcomeCode::changed) {
    add_ban(tick, hold.target, hold.process, BanCause::foreign_resume, std::nullopt,
            limits.foreign_resume);
    return;
  }
  const bool ran_out = cause == EndCause::deadline;
  const Duration rest = breather_after(limits, tick.now - hold.since, ran_out);
  add_ban(tick, hold.target, hold.process, BanCause::breather, ActionKind::suspend,
          ran_out ? std::max(rest, limits.cooldown) : rest);
}

/// A worker that vanishes while it is stopped was killed by its master.
void count_vanished(Tick& tick, const Hold& hold) {
  const TargetConfig* row = tick.row(hold.target);
  if (hold.kind != ActionKind::suspend || row == nullptr || !row->vanish_limit) return;
  if (++tick.state.vanished[hold.target] != *row->vanish_limit) return;
  report_for(tick, hold, EventKind::target_refused, Severity::warning,
             fmt::format("{} suspended processes of {} vanished: from now on background only",
                         *row->vanish_limit, hold.target));
}

void close_hold(Tick& tick, Hold hold, const Outcome& outcome) {
  std::erase_if(tick.state.holds, [&](const Hold& other) { return other.record == hold.record; });
  settle_bans(tick, hold, outcome.code);
  const std::string why = hold.ending ? ": " + hold.ending->text : "";
  if (outcome.code == OutcomeCode::gone) {
    count_vanished(tick, hold);
    report_for(tick, hold, EventKind::action_undone, Severity::info,
               fmt::format("{} ended while it was held, after {}",
                           process_text(hold_name(hold), hold.process),
                           duration_text(tick.now - hold.since)));
    return;
  }
  if (outcome.code == OutcomeCode::changed) {
    report_for(tick, hold, EventKind::action_undone, Severity::warning,
               fmt::format("{} was changed by somebody else and left as found: {}",
                           process_text(hold_name(hold), hold.process), outcome.text));
    return;
  }
  report_for(tick, hold, EventKind::action_undone, Severity::info,
             ended_text(hold, tick.now) + why);
}

void report_failure_once(Tick& tick, Hold& hold, const Outcome& outcome) {
  if (hold.failure_reported) return;
  hold.failure_reported = true;
  const char* verb = outcome.verb == ActionVerb::end ? "undo" : "extend";
  report_for(tick, hold, EventKind::action_failed, Severity::error,
             fmt::format("{} of {} failed: {}", verb, process_text(hold_name(hold), hold.process),
                         outcome.text));
}

/// For extend and end, which name a record.
void absorb_record(Tick& tick, const Outcome& outcome) {
  auto& holds = tick.state.holds;
  const auto found = std::find_if(holds.begin(), holds.end(), [&](const Hold& hold) {
    if (outcome.record != 0) return hold.record == outcome.record;
    return hold.kind == outcome.kind && hold.process == outcome.process;
  });
  if (found == holds.end()) return;
  switch (outcome.code) {
    case OutcomeCode::applied:
    case OutcomeCode::partial:
      if (outcome.deadline != Instant{}) found->deadline = outcome.deadline;
      return;
    case OutcomeCode::undone:
    case OutcomeCode::gone:
    case OutcomeCode::changed:
      if (outcome.verb == ActionVerb::extend && outcome.record != 0) {
        mark_ending(*found, EndCause::config, "the action failed: " + outcome.text);
        return;
      }
      close_hold(tick, *found, outcome);
      return;
    case OutcomeCode::not_reversible:
    case OutcomeCode::not_permitted:
    case OutcomeCode::failed:
    case OutcomeCode::unready:
      report_failure_once(tick, *found, outcome);
      found->failed = tick.now;
      if (outcome.record != 0) return;
      // An extension that failed was undone with its record, which is then no more.
      add_back_off(tick, found->target, found->kind, outcome.code, outcome.text);
      close_hold(tick, *found, outcome);
      return;
  }
}

}  // namespace

void absorb_outcomes(Tick& tick) {
  for (const auto& outcome : tick.sample.outcomes) {
    if (outcome.verb == ActionVerb::begin) {
      absorb_begin(tick, outcome);
    } else {
      absorb_record(tick, outcome);
    }
  }
  for (const auto& pending : std::exchange(tick.state.pending, {})) {
    begin_failed(tick, pending.hold, OutcomeCode::unready, "it was not carried out");
  }
}

}  // namespace m1opt::decide
