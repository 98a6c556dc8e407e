#include "decide/distance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "decide/detector.h"
#include "decide/text.h"

namespace m1opt::decide {
namespace {

/// "18 points", "12 MB/s", "1 level"; empty for what is only yes or no.
std::string gap_text(const Metric& metric, double gap) {
  switch (metric.unit) {
    case MetricUnit::percent: return number_text(gap) + (gap == 1 ? " point" : " points");
    case MetricUnit::core_percent:
    case MetricUnit::bytes:
    case MetricUnit::bytes_per_second:
    case MetricUnit::celsius: return value_text(metric, gap);
    case MetricUnit::pressure:
    case MetricUnit::thermal: return number_text(gap) + (gap == 1 ? " level" : " levels");
    case MetricUnit::yes_no: return {};
  }
  return {};
}

/// "18 points below 80 %", "below yes"; equal: "at 80 %".
std::string place_text(const Metric& metric, double value, double mark) {
  const double gap = std::fabs(value - mark);
  const std::string at = value_text(metric, mark);
  if (gap == 0) return "at " + at;
  const std::string amount = gap_text(metric, gap);
  return fmt::format("{}{}{} {}", amount, amount.empty() ? "" : " ",
                     value < mark ? "below" : "above", at);
}

std::string rest_text(Duration hold, Instant since, Instant now) {
  return duration_text(std::max(hold - (now - since), Duration::zero()));
}

}  // namespace

std::string distance_text(const DetectorState& state, const DetectorConfig& config,
                          const Sample& sample, Instant now) {
  const Metric* metric = find_metric(config.metric);
  if (metric == nullptr) return config.metric + " is no metric";
  const std::string label(metric->label);
  if (!state.value) {
    return fmt::format("{} is unknown, so it trips nothing: {}", label, unknown_text(*metric, sample));
  }
  const std::string reading = fmt::format("{} {}: ", label, value_text(*metric, *state.value));
  const std::string from_enter = place_text(*metric, *state.value, config.enter);
  if (!state.active && state.beyond_since) {
    return fmt::format("{}{}; trips in {} if it stays", reading, from_enter,
                       rest_text(config.hold, *state.beyond_since, now));
  }
  if (!state.active) {
    return fmt::format("{}{}; trips after {} there", reading, from_enter, duration_text(config.hold));
  }
  const std::string from_exit = place_text(*metric, *state.value, config.exit);
  if (state.clear_since) {
    return fmt::format("{}{}; clears in {} if it stays", reading, from_exit,
                       rest_text(config.exit_hold, *state.clear_since, now));
  }
  return fmt::format("{}{}; clears after {} {} {}", reading, from_exit,
                     duration_text(config.exit_hold), metric->trips_low ? "above" : "below",
                     value_text(*metric, config.exit));
}

}  // namespace m1opt::decide
