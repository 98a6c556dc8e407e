#include "wire/rule_check.h"

#include <algorithm>

#include "wire/encode.h"

namespace m1opt::wire {

using namespace m1opt::model;
using namespace std::chrono_literals;

namespace {

/// What has to last longer than this is no reason to act.
constexpr Duration kLongestHold = 1h;
/// A rate between "any at all" and this is megabytes that were meant.
constexpr double kSmallestRate = 1000;

const KnownMetric* find_metric(std::span<const KnownMetric> metrics, std::string_view name) {
  const auto found = std::find_if(metrics.begin(), metrics.end(),
                                  [&](const KnownMetric& each) { return each.name == name; });
  return found == metrics.end() ? nullptr : &*found;
}

void check_metric_name(const Checker& row, const std::string& name,
                       std::span<const KnownMetric> metrics) {
  std::vector<std::string> known;
  for (const KnownMetric& each : metrics) known.emplace_back(each.name);
  const std::string guess = did_you_mean(name, known);
  row.at("metric").fault(
      fmt::format("unknown metric \"{}\"{}", name,
                  guess.empty() ? fmt::format("; known are {}", fmt::join(known, ", ")) : guess));
}

/// Trips at `enter` or more, clears below `exit`.
void check_high(const Checker& row, const DetectorConfig& detector, const KnownMetric& metric) {
  if (detector.exit > detector.enter) {
    row.at("exit").fault(
        fmt::format("{} is above enter ({}); it must not be", detector.exit, detector.enter));
  }
  if (detector.enter > metric.highest) {
    row.at("enter").fault(fmt::format("{} is never reached: {} is {} at the most", detector.enter,
                                      metric.name, metric.highest));
  } else if (detector.enter <= 0) {
    row.at("enter").fault(fmt::format("{} is always reached: {} is never below 0", detector.enter,
                                      metric.name));
  } else if (detector.exit <= 0) {
    row.at("exit").fault(fmt::format("{} never falls below {}, so the rule would never clear",
                                     metric.name, detector.exit));
  } else if (metric.bytes_per_second && detector.enter > 1 && detector.enter < kSmallestRate) {
    row.at("enter").fault(fmt::format("{} bytes a second are next to nothing; did you mean {:.0f} ({} MB/s)?",
                                      detector.enter, detector.enter * 1e6, detector.enter));
  }
}

/// Trips at `enter` or less, clears above `exit`.
void check_low(const Checker& row, const DetectorConfig& detector, const KnownMetric& metric) {
  if (detector.exit <= detector.enter) {
    row.at("exit").fault(fmt::format("{} is not above enter ({}); {} trips when it is low",
                                     detector.exit, detector.enter, detector.metric));
  } else if (detector.enter < 0) {
    row.at("enter").fault(
        fmt::format("{} is never reached: {} is never below 0", detector.enter, metric.name));
  } else if (detector.exit >= metric.highest) {
    row.at("exit").fault(fmt::format("{} never rises above {}, so the rule would never clear",
                                     metric.name, detector.exit));
  }
}

void check_detector(const Checker& row, const DetectorConfig& detector,
                    std::span<const KnownMetric> metrics) {
  const KnownMetric* metric = find_metric(metrics, detector.metric);
  if (metric == nullptr) {
    check_metric_name(row, detector.metric, metrics);
  } else if (metric->trips_low) {
    check_low(row, detector, *metric);
  } else {
    check_high(row, detector, *metric);
  }
  for (const auto& [key, hold] :
       {std::pair("hold_s", detector.hold), std::pair("exit_hold_s", detector.exit_hold)}) {
    if (hold < Duration::zero() || hold > kLongestHold) {
      row.at(key).fault(fmt::format("{} s is out of range 0 to {:.0f}", seconds_of(hold),
                                    seconds_of(kLongestHold)));
    }
  }
}

/// The fault of one step, by those before it.
std::string step_fault(const std::vector<LadderStep>& ladder, std::size_t at) {
  const auto earlier = [&](LadderStep step) {
    return std::find(ladder.begin(), ladder.begin() + static_cast<std::ptrdiff_t>(at), step) !=
           ladder.begin() + static_cast<std::ptrdiff_t>(at);
  };
  const bool stops = earlier(LadderStep::suspend) || earlier(LadderStep::suspend_if_ineffective);
  const LadderStep step = ladder[at];
  if (earlier(step)) return fmt::format("\"{}\" is there already", enum_word(step));
  switch (step) {
    case LadderStep::report:
      if (ladder.size() > 1) return "\"report\" stands alone: a rule that acts is told anyhow";
      return {};
    case LadderStep::background:
      if (stops) return "\"background\" comes first: what is stopped cannot be slowed down";
      return {};
    case LadderStep::suspend:
      if (stops) return "\"suspend\" and \"suspend_if_ineffective\" exclude each other";
      return {};
    case LadderStep::suspend_if_ineffective:
      if (stops) return "\"suspend\" and \"suspend_if_ineffective\" exclude each other";
      if (!earlier(LadderStep::background)) {
        return "\"suspend_if_ineffective\" needs \"background\" before it";
      }
      return {};
    case LadderStep::pause_workload:
    case LadderStep::unload_idle_models:
    case LadderStep::stop_backup:
      if (ladder.size() > 1) {
        return fmt::format("\"{}\" stands alone: it needs a rule of its own", enum_word(step));
      }
      return {};
  }
  return {};
}

void check_ladder(const Checker& list, const std::vector<LadderStep>& ladder) {
  if (ladder.empty()) list.fault("must hold at least one step");
  for (std::size_t i = 0; i < ladder.size(); ++i) {
    if (std::string fault = step_fault(ladder, i); !fault.empty()) list.at(i).fault(std::move(fault));
  }
}

void check_scope(const Checker& scope, const RuleScopeConfig& config,
                 const std::vector<TargetConfig>& targets) {
  std::vector<std::string> known;
  for (const TargetConfig& target : targets) known.push_back(target.name);
  for (std::size_t i = 0; i < config.targets.size(); ++i) {
    const std::string& name = config.targets[i];
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    scope.at("targets").at(i).fault(
        fmt::format("no target is named \"{}\"{}", name, did_you_mean(name, known)));
  }
  if (config.cpu.value() < 0) scope.at("cpu_percent").fault("must not be negative");
  if (config.footprint.value() < 0) scope.at("footprint_bytes").fault("must not be negative");
}

}  // namespace

void check_rules(const Checker& list, const std::vector<RuleConfig>& rules,
                 const std::vector<TargetConfig>& targets, std::span<const KnownMetric> metrics) {
  check_names(list, rules);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const Checker row = list.at(i);
    std::string hint;
    if (rules[i].any.empty()) {
      hint = hint_at_row(rules, i);
      row.at("any").fault("must hold at least one group of detectors" + hint);
    }
    // A row whose name is wrong lacks all of it, and one sentence is enough.
    if (!rules[i].ladder.empty() || !rules[i].any.empty() || hint.empty()) {
      check_ladder(row.at("ladder"), rules[i].ladder);
    }
    check_scope(row.at("scope"), rules[i].scope, targets);
    for (std::size_t g = 0; g < rules[i].any.size(); ++g) {
      const Checker all = row.at("any").at(g).at("all");
      const auto& detectors = rules[i].any[g].all;
      if (detectors.empty()) all.fault("must hold at least one detector");
      for (std::size_t d = 0; d < detectors.size(); ++d) {
        check_detector(all.at(d), detectors[d], metrics);
      }
    }
  }
}

}  // namespace m1opt::wire
