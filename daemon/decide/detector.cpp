#include "decide/detector.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "decide/distance.h"
#include "decide/text.h"

namespace m1opt::decide {
namespace {

constexpr Duration kTrendSpan = std::chrono::seconds(3);
/// Two points closer than this say nothing about a trend.
constexpr Duration kTrendLeast = std::chrono::milliseconds(900);
constexpr Duration kTrendStep = std::chrono::milliseconds(200);
constexpr double kTrendShare = 0.1;
/// A reading may stay between exit and enter for ever, what was tripped by it may not.
constexpr Duration kLongestBetween = std::chrono::minutes(10);

/// Trips when low: "memory available at most 10 %".
bool is_inverted(const DetectorConfig& config) { return config.exit > config.enter; }

bool beyond(const DetectorConfig& config, double value) {
  return is_inverted(config) ? value <= config.enter : value >= config.enter;
}

bool clear(const DetectorConfig& config, double value) {
  return is_inverted(config) ? value > config.exit : value < config.exit;
}

void note_trend(DetectorState& state, double value, Instant now) {
  auto& trend = state.trend;
  // The newest point is always this sample; points of a burst of ticks share one place.
  if (trend.size() >= 2 && trend.back().at - trend[trend.size() - 2].at < kTrendStep) {
    trend.pop_back();
  }
  trend.push_back({now, value});
  while (trend.size() > 2 && now - trend[1].at >= kTrendSpan) trend.erase(trend.begin());
}

void set_active(DetectorState& state, bool active, Instant now) {
  state.active = active;
  state.since = now;
  state.clear_since.reset();
  state.below_since.reset();
}

void update_unknown(DetectorState& state, Instant now, Duration unknown_release) {
  if (!state.unknown_since) state.unknown_since = now;
  state.beyond_since.reset();
  state.clear_since.reset();
  state.below_since.reset();
  state.trend.clear();
  if (now - *state.unknown_since < unknown_release) return;
  state.lost = true;
  if (state.active) set_active(state, false, now);
}

}  // namespace

void update_detector(DetectorState& state, const DetectorConfig& config,
                     std::optional<double> value, Instant now, Duration unknown_release) {
  state.value = value;
  if (!value) {
    update_unknown(state, now, unknown_release);
    return;
  }
  state.unknown_since.reset();
  state.lost = false;
  state.ever_known = true;
  note_trend(state, *value, now);
  if (beyond(config, *value)) {
    if (!state.beyond_since) state.beyond_since = now;
    state.below_since.reset();
  } else {
    state.beyond_since.reset();
    if (!state.below_since) state.below_since = now;
  }
  if (!state.active) {
    if (state.beyond_since && now - *state.beyond_since >= config.hold) {
      set_active(state, true, now);
    }
    return;
  }
  if (state.below_since && now - *state.below_since >= std::max(kLongestBetween, config.exit_hold)) {
    set_active(state, false, now);
    return;
  }
  if (!clear(config, *value)) {
    state.clear_since.reset();
    return;
  }
  if (!state.clear_since) state.clear_since = now;
  if (now - *state.clear_since >= config.exit_hold) set_active(state, false, now);
}

void forget_holds(DetectorState& state) {
  state.beyond_since.reset();
  state.clear_since.reset();
  state.below_since.reset();
  state.unknown_since.reset();
  state.trend.clear();
}

bool is_beyond(const DetectorState& state, const DetectorConfig& config) {
  return state.value && beyond(config, *state.value);
}

bool is_falling(const DetectorState& state, const DetectorConfig& config) {
  if (state.trend.size() < 2) return false;
  const TrendPoint& then = state.trend.front();
  const TrendPoint& now = state.trend.back();
  if (now.at - then.at < kTrendLeast) return false;
  const double fall = is_inverted(config) ? now.value - then.value : then.value - now.value;
  return fall > 0 && fall >= kTrendShare * std::fabs(then.value - config.exit);
}

std::string detector_text(const DetectorState& state, const DetectorConfig& config,
                          const Sample& sample, Instant now) {
  const Metric* metric = find_metric(config.metric);
  if (metric == nullptr) return config.metric + " is no metric";
  const std::string label(metric->label);
  const std::string enter = value_text(*metric, config.enter);
  if (!state.value) return label + " unknown: " + unknown_text(*metric, sample);
  const std::string reading = label + " " + value_text(*metric, *state.value);
  const char* sign = is_inverted(config) ? "<=" : ">=";
  if (state.beyond_since) {
    const std::string text = fmt::format("{} {} {} for {}", reading, sign, enter,
                                         duration_text(now - *state.beyond_since));
    if (state.active) return text;
    return fmt::format("{}, trips after {}", text, duration_text(config.hold));
  }
  if (!state.active) return fmt::format("{}, trips at {}", reading, enter);
  return fmt::format("{}, tripped at {}, clears {} {} for {}", reading, enter,
                     is_inverted(config) ? "above" : "below", value_text(*metric, config.exit),
                     duration_text(config.exit_hold));
}

DetectorStatus detector_status(const DetectorState& state, const DetectorConfig& config,
                               const Sample& sample, Instant now) {
  DetectorStatus status;
  status.metric = config.metric;
  status.value = state.value;
  status.enter = config.enter;
  status.exit = config.exit;
  status.active = state.active;
  status.since = now - state.since;
  status.text = detector_text(state, config, sample, now);
  status.distance = distance_text(state, config, sample, now);
  return status;
}

}  // namespace m1opt::decide
