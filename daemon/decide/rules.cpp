#include "decide/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "decide/detector.h"
#include "decide/text.h"

namespace m1opt::decide {
namespace {

/// The state of a rule whose detectors were changed by a reload starts anew.
void fit_state(RuleState& state, const RuleConfig& rule, Instant now) {
  bool fits = state.any.size() == rule.any.size();
  for (std::size_t g = 0; fits && g < rule.any.size(); ++g) {
    const auto& all = rule.any[g].all;
    fits = state.any[g].size() == all.size();
    for (std::size_t d = 0; fits && d < all.size(); ++d) {
      fits = state.any[g][d].metric == all[d].metric;
    }
  }
  if (fits) return;
  const bool announced = state.announced;
  state = RuleState{};
  state.announced = announced;
  state.since = now;
  for (const auto& group : rule.any) {
    auto& detectors = state.any.emplace_back();
    for (const auto& detector : group.all) {
      DetectorState fresh;
      fresh.metric = detector.metric;
      fresh.since = now;
      detectors.push_back(std::move(fresh));
    }
  }
}

bool is_needed(const Tick& tick, RuleNeeds needs) {
  switch (needs) {
    case RuleNeeds::nothing: return true;
    case RuleNeeds::resident_or_busy: return tick.any_busy() || tick.resident_under_pressure();
    case RuleNeeds::busy: return tick.any_busy();
  }
  return false;
}

void report_loss(Tick& tick, const DetectorState& before, const DetectorState& after,
                 const DetectorConfig& config, const RuleConfig& rule,
                 std::set<std::string>& said) {
  if (before.lost == after.lost || !before.ever_known || !said.insert(config.metric).second) return;
  const Metric* metric = find_metric(config.metric);
  if (metric == nullptr) return;
  if (after.lost) {
    tick.report(EventKind::reading_lost, Severity::warning,
                fmt::format("{} is unknown for {}: {}", metric->label,
                            duration_text(tick.config.limits.unknown_release),
                            unknown_text(*metric, tick.sample)),
                rule.name);
  } else {
    tick.report(EventKind::reading_back, Severity::info,
                fmt::format("{} can be read again", metric->label), rule.name);
  }
}

void run_detectors(Tick& tick, RuleState& state, const RuleConfig& rule,
                   std::set<std::string>& said) {
  const MetricInput input{tick.sample, tick.state, &rule.scope};
  for (std::size_t g = 0; g < rule.any.size(); ++g) {
    for (std::size_t d = 0; d < rule.any[g].all.size(); ++d) {
      auto& detector = state.any[g][d];
      const auto& config = rule.any[g].all[d];
      if (tick.gap) forget_holds(detector);
      const Metric* metric = find_metric(config.metric);
      const auto value = metric != nullptr ? read_metric(*metric, input) : std::nullopt;
      const DetectorState before = detector;
      update_detector(detector, config, value, tick.now, tick.config.limits.unknown_release);
      report_loss(tick, before, detector, config, rule, said);
    }
  }
}

std::string group_text(const Tick& tick, const std::vector<DetectorState>& group,
                       const DetectorGroupConfig& config) {
  std::string text;
  for (std::size_t d = 0; d < group.size(); ++d) {
    if (d > 0) text += " and ";
    text += detector_text(group[d], config.all[d], tick.sample, tick.now);
  }
  return text;
}

/// Fills in what follows from the detectors; the text is of the first tripped
/// group, else of the first.
void judge_groups(const Tick& tick, const RuleState& state, RuleView& view) {
  const auto& groups = view.config->any;
  bool all_fall = true;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const auto& detectors = state.any[g];
    const auto& configs = groups[g].all;
    if (configs.empty()) continue;
    bool active = true;
    bool beyond = true;
    bool falls = false;
    for (std::size_t d = 0; d < configs.size(); ++d) {
      active = active && detectors[d].active;
      beyond = beyond && is_beyond(detectors[d], configs[d]);
      falls = falls || is_falling(detectors[d], configs[d]);
    }
    if (!active) continue;
    if (!view.tripped) view.text = group_text(tick, detectors, groups[g]);
    view.tripped = true;
    if (!beyond) continue;
    view.pressing = true;
    all_fall = all_fall && falls;
    for (const auto& detector : configs) {
      view.about_targets = view.about_targets || detector.metric == "targets_cpu_percent" ||
                           detector.metric == "target_cpu_percent";
    }
  }
  view.falling = view.pressing && all_fall;
  if (view.text.empty() && !groups.empty()) {
    view.text = group_text(tick, state.any.front(), groups.front());
  }
}

void report_change(Tick& tick, RuleState& state, const RuleView& view) {
  const auto& rule = *view.config;
  if (view.tripped != state.tripped) {
    state.tripped = view.tripped;
    state.since = tick.now;
  }
  // A rule that waits for a workload is not news; it is when it begins to act.
  if (view.acting() && !state.announced) {
    state.announced = true;
    const bool only_told = rule.ladder == std::vector{LadderStep::report};
    tick.report(EventKind::rule_tripped, only_told ? Severity::info : Severity::warning,
                fmt::format("{}: {}", rule.name, view.text), rule.name);
  } else if (!view.tripped && state.announced) {
    state.announced = false;
    tick.report(EventKind::rule_cleared, Severity::info,
                fmt::format("{}: {}", rule.name, view.text), rule.name);
  }
}

}  // namespace

bool RuleView::has(LadderStep step) const {
  return std::find(config->ladder.begin(), config->ladder.end(), step) != config->ladder.end();
}

std::vector<RuleView> update_rules(Tick& tick) {
  std::vector<RuleView> views;
  std::set<std::string> said;
  std::set<std::string> names;
  for (const auto& rule : tick.config.rules) {
    RuleView view;
    view.config = &rule;
    names.insert(rule.name);
    RuleState& state = tick.state.rules[rule.name];
    fit_state(state, rule, tick.now);
    if (rule.enabled) {
      run_detectors(tick, state, rule, said);
      judge_groups(tick, state, view);
    } else {
      view.text = "disabled in the config";
    }
    view.need_met = is_needed(tick, rule.needs);
    if (view.need_met) state.last_needed = tick.now;
    view.need_recent =
        state.last_needed && tick.now - *state.last_needed < tick.config.limits.quiet;
    report_change(tick, state, view);
    views.push_back(std::move(view));
  }
  std::erase_if(tick.state.rules, [&](const auto& entry) { return !names.contains(entry.first); });
  return views;
}

std::vector<RuleStatus> rule_statuses(const Tick& tick, const std::vector<RuleView>& views) {
  std::vector<RuleStatus> statuses;
  for (const auto& view : views) {
    const auto& rule = *view.config;
    const auto& state = tick.state.rules.at(rule.name);
    RuleStatus status;
    status.name = rule.name;
    status.why = rule.why;
    status.enabled = rule.enabled;
    status.tripped = view.tripped;
    status.acting = view.acting();
    status.text = view.text;
    if (view.tripped && !view.need_met) status.text += "; " + need_text(rule);
    status.ladder = rule.ladder;
    status.needs = rule.needs;
    status.need_met = view.need_met;
    for (std::size_t g = 0; g < rule.any.size(); ++g) {
      auto& group = status.any.emplace_back();
      for (std::size_t d = 0; d < rule.any[g].all.size(); ++d) {
        group.push_back(
            detector_status(state.any[g][d], rule.any[g].all[d], tick.sample, tick.now));
      }
    }
    statuses.push_back(std::move(status));
  }
  return statuses;
}

bool is_about(const RuleScopeConfig& scope, const std::string& target) {
  const auto& names = scope.targets;
  return names.empty() || std::find(names.begin(), names.end(), target) != names.end();
}

const RuleView* find_rule(const std::vector<RuleView>& views, const std::string& name) {
  const auto found = std::find_if(views.begin(), views.end(),
                                  [&](const RuleView& view) { return view.config->name == name; });
  return found == views.end() ? nullptr : &*found;
}

std::string need_text(const RuleConfig& rule) {
  switch (rule.needs) {
    case RuleNeeds::nothing: return {};
    case RuleNeeds::resident_or_busy:
      return "waits for a busy workload, or a loaded model with memory pressure at warning";
    case RuleNeeds::busy: return "waits for a busy workload";
  }
  return {};
}

}  // namespace m1opt::decide
