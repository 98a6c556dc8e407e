#include "decide/policy.h"

#include <algorithm>

#include "decide/awake.h"
#include "decide/bans.h"
#include "decide/breaks.h"
#include "decide/budget.h"
#include "decide/commands.h"
#include "decide/errands.h"
#include "decide/holds.h"
#include "decide/priority.h"
#include "decide/rates.h"
#include "decide/rules.h"
#include "decide/safe_mode.h"
#include "decide/targets.h"
#include "decide/tick.h"
#include "decide/tiers.h"
#include "decide/workloads.h"

namespace m1opt::decide {
namespace {

/// After an action, time for the system to show it before the next.
constexpr Duration kSettle = std::chrono::milliseconds(250);
/// What keeps the machine awake lasts minutes and must be renewed, whatever the config's periods.
constexpr Duration kWhileAwake = std::chrono::minutes(1);
constexpr Duration kShortest = std::chrono::milliseconds(50);

/// A need that is met and a reading that is beyond its limit, but not for long
/// enough yet: at the idle period a hold time of 5 s would take 20.
bool is_pending(const Tick& tick, const std::vector<RuleView>& rules) {
  return std::any_of(rules.begin(), rules.end(), [&](const RuleView& rule) {
    if (!rule.need_met || rule.tripped || rule.config->needs == RuleNeeds::nothing) return false;
    const auto& groups = tick.state.rules.at(rule.config->name).any;
    return std::any_of(groups.begin(), groups.end(), [](const auto& group) {
      return std::any_of(group.begin(), group.end(), [](const DetectorState& detector) {
        return detector.beyond_since.has_value();
      });
    });
  });
}

Duration plan_period(const Tick& tick, const std::vector<RuleView>& rules) {
  const auto& sampling = tick.config.sampling;
  // Whether a workload that just appeared is busy is known after 5 s, not after an idle period.
  const bool active = tick.any_busy() || is_any_unjudged(tick) || !tick.state.holds.empty() ||
                      is_pending(tick, rules);
  Duration period = active ? stretched_period(tick) : sampling.idle_period;
  if (tick.more_wanted || !tick.decision.actions.empty()) period = std::min(period, kSettle);
  for (const auto& hold : tick.state.holds) {
    if (!hold.ending) period = std::min(period, hold.deadline - tick.now);
  }
  if (tick.decision.awake.wanted) period = std::min(period, kWhileAwake);
  const auto& pause = tick.state.pause;
  if (pause.active && pause.until) period = std::min(period, *pause.until - tick.now);
  const auto& safe = tick.state.safe;
  if (safe.active && safe.until) period = std::min(period, *safe.until - tick.now);
  return std::max(period, kShortest);
}

Mode mode_of(const Tick& tick) {
  if (tick.state.safe.active) return Mode::safe;
  if (tick.state.pause.active) return Mode::paused;
  if (tick.config.observe_only) return Mode::observing;
  return tick.passive() ? Mode::passive : Mode::active;
}

void fill_documents(Tick& tick, const std::vector<RuleView>& rules) {
  auto& decision = tick.decision;
  const auto& pause = tick.state.pause;
  decision.mode = mode_of(tick);
  decision.pause.active = pause.active;
  decision.pause.uid = pause.uid;
  decision.pause.until_instant = pause.until;
  const auto& safe = tick.state.safe;
  decision.safe_mode = {safe.active, std::nullopt, safe.why, safe.until};
  decision.holds = hold_statuses(tick);
  decision.workloads = workload_statuses(tick);
  decision.targets = target_statuses(tick, rules);
  decision.rules = rule_statuses(tick, rules);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    // Either step stands alone, so a rule has one of them at most.
    decision.rules[i].obstacle = rest_obstacle(tick, rules[i]) + errand_obstacle(tick, rules[i]);
  }
}

void leave_passive(Tick& tick) {
  auto& until = tick.state.passive_until;
  if (!until || *until > tick.now) return;
  until.reset();
  tick.report(EventKind::passive, Severity::info, "no longer passive");
}

}  // namespace

Decision step(const State& state, const Sample& sample, const Config& config, Instant now,
              Documents documents) {
  Decision decision;
  Tick tick(state, sample, config, now, decision);
  absorb_outcomes(tick);
  absorb_tier_outcomes(tick);
  absorb_errand_outcomes(tick);
  prune_bans(tick);
  leave_passive(tick);
  update_rates(tick);
  check_leases(tick);
  update_workloads(tick);
  report_refusals(tick);
  report_crowds(tick);
  judge_own_cost(tick);
  expire_pause(tick);
  expire_safe_mode(tick);
  run_commands(tick);
  const auto rules = update_rules(tick);
  check_effects(tick);
  // Ends come first: a deadline that passed in a sleep is over before anything new begins.
  end_holds(tick, rules);
  const bool by_hand = !tick.begins.empty();
  if (tick.may_begin()) extend_holds(tick);
  if (tick.may_begin() && !tick.gap) {
    // Before priorities are raised: who is given a rest gets none.
    begin_breaks(tick, rules);
    begin_raises(tick);
    ask_for_tiers(tick);
    if (!by_hand) begin_one(tick, rules);
    send_on_errands(tick, rules);
  }
  decision.actions = std::move(tick.ends);
  decision.actions.insert(decision.actions.end(), tick.begins.begin(), tick.begins.end());
  tick.state.last_tick = now;
  decision.awake = wish_awake(tick);
  if (tick.may_begin()) decision.working = find_work(tick);
  decision.period = tick.state.planned_period = plan_period(tick, rules);
  if (documents == Documents::made) fill_documents(tick, rules);
  return decision;
}

}  // namespace m1opt::decide
