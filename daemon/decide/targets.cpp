#include "decide/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "decide/bans.h"
#include "decide/holds.h"
#include "decide/rates.h"
#include "decide/safe_mode.h"
#include "decide/text.h"

namespace m1opt::decide {
namespace {

/// A target that wants less than this of a core takes nothing from anybody.
constexpr double kIdleDemand = 1.0;

/// How many there are of its row and its user when that is too many, else 0.
int crowd_of(const Tick& tick, const TargetSample& target) {
  const auto count = tick.matches.find({target.target, target.process.uid});
  return count != tick.matches.end() && count->second > tick.config.limits.max_match ? count->second : 0;
}

/// What keeps the rules off the process, but not a user.
std::string rule_obstacle(const Tick& tick, const TargetSample& target) {
  if (tick.passive()) {
    return fmt::format("{} suspensions in an hour: nothing new for {}",
                       tick.config.limits.suspensions_per_hour,
                       duration_text(*tick.state.passive_until - tick.now));
  }
  const auto ban = find_ban(tick, target.target, target.process.id, std::nullopt);
  return ban ? ban_text(*ban, tick.now) : std::string{};
}

std::string rule_suspend_obstacle(const Tick& tick, const RuleView& rule,
                                  const TargetSample& target) {
  if (std::string text = suspend_obstacle(tick, target); !text.empty()) return text;
  const ProcessId id = target.process.id;
  if (const auto ban = find_ban(tick, target.target, id, ActionKind::suspend)) {
    return ban_text(*ban, tick.now);
  }
  if (const auto* back_off = find_back_off(tick, target.target, ActionKind::suspend)) {
    return fmt::format("suspending it failed ({}), tried again in {}", back_off->text,
                       duration_text(back_off->until - tick.now));
  }
  if (rule.falling) return "the reading falls, so the next step waits: " + rule.text;
  return {};
}

/// The suspend steps of the ladder, background being held, impossible or not wanted.
Verdict judge_suspend(const Tick& tick, const RuleView& rule, const TargetSample& target) {
  const auto& id = target.process.id;
  const Hold* background = background_of(tick.state, id);
  const BackOff* impossible = find_back_off(tick, target.target, ActionKind::background);
  const auto background_ban = find_ban(tick, target.target, id, ActionKind::background);
  const bool tried = impossible != nullptr || background_ban || !rule.has(LadderStep::background);
  std::string why;
  if (background != nullptr) {
    why = "in the background: " + background->reason;
  } else if (impossible != nullptr) {
    why = "background is not possible here: " + impossible->text;
  } else if (background_ban) {
    why = ban_text(*background_ban, tick.now);
  }
  if (rule.has(LadderStep::suspend)) {
    const bool settling = background != nullptr && rule.has(LadderStep::background) &&
                          tick.now - background->since < tick.config.limits.post_action;
    if (settling) return {std::nullopt, why + "; suspended next if that is not enough"};
  } else if (rule.has(LadderStep::suspend_if_ineffective)) {
    // One that is in the background by itself was not seen to take no notice of it.
    const bool unknown = background_ban && background_ban->cause == BanCause::changed;
    const bool useless = background != nullptr ? !background->effective : tried && !unknown;
    if (!useless) return {std::nullopt, why};
  } else {
    return {std::nullopt, why.empty() ? "the rule has no step for it" : why};
  }
  const std::string obstacle = rule_suspend_obstacle(tick, rule, target);
  if (obstacle.empty()) return {ActionKind::suspend, {}};
  return {std::nullopt, why.empty() ? obstacle : why + "; not suspended: " + obstacle};
}

Instant deadline_for(const Tick& tick, ActionKind kind, const std::string& target) {
  const bool suspend = kind == ActionKind::suspend;
  return tick.now + (suspend ? longest_suspension(tick, target) : tick.config.limits.renewal);
}

/// Enters passive mode instead of one suspension too many. True when entered.
bool enter_passive(Tick& tick) {
  const auto& limits = tick.config.limits;
  if (tick.suspensions_left() > 0) return false;
  tick.state.passive_until = tick.now + limits.passive;
  tick.report(EventKind::passive, Severity::warning,
              fmt::format("{} suspensions in an hour, the most allowed: nothing new for {}",
                          limits.suspensions_per_hour, duration_text(limits.passive)));
  return true;
}

}  // namespace

bool is_in_scope(const Tick& tick, const RuleScopeConfig& scope, const TargetSample& target) {
  if (!is_about(scope, target.target)) return false;
  const bool hungry = scope.cpu.value() <= 0 ||
                      demand_of(tick.state, target.process.id) >= scope.cpu.value();
  const bool large =
      scope.footprint.value() <= 0 || target.process.footprint >= scope.footprint;
  return hungry && large;
}

std::string standing_obstacle(const Tick& tick, const TargetSample& target) {
  const auto& process = target.process;
  if (process.state == RunState::zombie) return "it has ended already";
  if (process.state == RunState::stopped &&
      find_hold(tick.state, process.id, ActionKind::suspend) == nullptr) {
    return "somebody else stopped it; left as found";
  }
  if (const int crowd = crowd_of(tick, target)) {
    return fmt::format("{} processes of uid {} match, more than {}: none of them is acted on", crowd, process.uid,
                       tick.config.limits.max_match);
  }
  return {};
}

std::string suspend_obstacle(const Tick& tick, const TargetSample& target) {
  const TargetConfig* row = tick.row(target.target);
  if (target.mode == TargetMode::background || row == nullptr ||
      row->mode == TargetMode::background) {
    return target.target + " may be put into the background only";
  }
  const auto vanished = tick.state.vanished.find(target.target);
  if (row->vanish_limit && vanished != tick.state.vanished.end() &&
      vanished->second >= *row->vanish_limit) {
    return fmt::format("background only: {} suspended processes of {} vanished", vanished->second,
                       target.target);
  }
  if (tick.suspended() >= tick.config.limits.max_suspended) {
    return fmt::format("{} processes are suspended already, the most allowed", tick.suspended());
  }
  return {};
}

Duration longest_suspension(const Tick& tick, const std::string& target) {
  const TargetConfig* row = tick.row(target);
  const Duration most = tick.config.limits.max_suspend;
  return row != nullptr && row->max_suspend ? std::min(*row->max_suspend, most) : most;
}

Verdict judge(const Tick& tick, const RuleView& rule, const TargetSample& target) {
  const std::string& name = rule.config->name;
  if (!rule.tripped) return {std::nullopt, "no rule has tripped"};
  if (!rule.need_met) return {std::nullopt, name + " has tripped, but " + need_text(*rule.config)};
  const ProcessId id = target.process.id;
  if (find_hold(tick.state, id, ActionKind::suspend) != nullptr) return {std::nullopt, "suspended"};
  std::string obstacle = standing_obstacle(tick, target);
  if (obstacle.empty()) obstacle = rule_obstacle(tick, target);
  if (!obstacle.empty()) return {std::nullopt, obstacle};
  if (!rule.pressing) return {std::nullopt, name + " waits to clear: " + rule.text};
  if (rule.about_targets && demand_of(tick.state, id) < kIdleDemand) {
    return {std::nullopt, "it is idle"};
  }
  if (!is_in_scope(tick, rule.config->scope, target)) {
    return {std::nullopt, name + " is about others, or about more than it takes"};
  }
  if (rule.has(LadderStep::background) && background_of(tick.state, id) == nullptr) {
    const BackOff* back_off = find_back_off(tick, target.target, ActionKind::background);
    const bool banned = find_ban(tick, target.target, id, ActionKind::background).has_value();
    if (back_off == nullptr && !banned) return {ActionKind::background, {}};
    if (back_off != nullptr && !back_off->tried) {
      return {std::nullopt, fmt::format("background was not tried ({}), next in {}", back_off->text,
                                        duration_text(back_off->until - tick.now))};
    }
  }
  return judge_suspend(tick, rule, target);
}

std::vector<const TargetSample*> by_hunger(const Tick& tick) {
  struct Entry {
    double demand;
    const TargetSample* target;
  };
  std::vector<Entry> entries;
  for (const auto& [id, target] : tick.targets) {
    entries.push_back({demand_of(tick.state, id), target});
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    const auto& p = a.target->process;
    const auto& q = b.target->process;
    return std::tie(b.demand, q.footprint, a.target->target, p.id) <
           std::tie(a.demand, p.footprint, b.target->target, q.id);
  });
  std::vector<const TargetSample*> order;
  for (const auto& entry : entries) order.push_back(entry.target);
  return order;
}

void begin_one(Tick& tick, const std::vector<RuleView>& rules) {
  const bool wanted = std::any_of(rules.begin(), rules.end(), [](const RuleView& rule) {
    return rule.acting() && rule.pressing;
  });
  if (!wanted) return;
  const auto order = by_hunger(tick);
  for (const auto& rule : rules) {
    if (!rule.acting() || !rule.pressing) continue;
    for (const auto* target : order) {
      const Verdict verdict = judge(tick, rule, *target);
      if (!verdict.begin) continue;
      if (*verdict.begin == ActionKind::suspend && enter_passive(tick)) return;
      BeginWish wish;
      wish.kind = *verdict.begin;
      wish.process = &target->process;
      wish.target = target->target;
      wish.rule = rule.config->name;
      wish.reason = rule.config->name + ": " + rule.text;
      wish.deadline = deadline_for(tick, wish.kind, wish.target);
      begin_hold(tick, wish);
      tick.more_wanted = true;
      return;
    }
  }
}

std::string why_text(const Tick& tick, const std::vector<RuleView>& rules,
                     const TargetSample& target) {
  const ProcessId id = target.process.id;
  if (const Hold* hold = find_hold(tick.state, id, ActionKind::suspend)) {
    return fmt::format("suspended for {} more: {}", duration_text(hold->deadline - tick.now),
                       hold->reason);
  }
  if (const std::string obstacle = standing_obstacle(tick, target); !obstacle.empty()) {
    return obstacle;
  }
  if (tick.state.pause.active) return "m1opt is paused";
  if (tick.config.observe_only) return kObserveOnly;
  if (tick.state.safe.active) return safe_mode_text(tick);
  // What is about to be done has the word, then what is held, then the first rule that acts, then one that only waits
  // for a workload.
  std::string refusal;
  std::string waiting;
  for (const auto& rule : rules) {
    const bool acts = rule.config->ladder != std::vector{LadderStep::report};
    if (!rule.tripped || !acts) continue;
    const Verdict verdict = judge(tick, rule, target);
    if (verdict.begin) {
      return fmt::format("next: {} by {}", boost::describe::enum_to_string(*verdict.begin, "?"),
                         rule.config->name);
    }
    std::string& first = rule.acting() ? refusal : waiting;
    if (first.empty()) first = verdict.why;
  }
  if (const Hold* hold = background_of(tick.state, id)) {
    const std::string held = "in the background: " + hold->reason;
    if (refusal.empty()) return held;
    return refusal.starts_with(held) ? refusal : held + "; no more than that: " + refusal;
  }
  if (!refusal.empty()) return refusal;
  return waiting.empty() ? "no rule has tripped" : waiting;
}

}  // namespace m1opt::decide
