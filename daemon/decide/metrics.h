#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decide/state.h"
#include "model/config.h"
#include "model/metric.h"

namespace m1opt::decide {

enum class MetricUnit {
  percent,
  core_percent,
  bytes,
  bytes_per_second,
  celsius,
  pressure,
  thermal,
  yes_no
};

struct MetricInput {
  const Sample& sample;
  const State& state;
  /// Of the rule that asks; null: no rule does.
  const RuleScopeConfig* scope{nullptr};
};

/// One number that a rule may compare. Adding a metric is adding a row.
struct Metric {
  std::string_view name;   ///< as the config spells it
  std::string_view label;  ///< in sentences
  MetricUnit unit;
  std::string_view
      reader;  ///< path of the reading behind it, to find the Problem when it is absent
  std::optional<double> (*read)(const MetricInput&);
  bool trips_low{false};  ///< little of it is what is bad, so exit lies above enter
};

std::span<const Metric> metrics();
/// The same as a configuration may use them.
std::vector<KnownMetric> known_metrics();
/// Null for an unknown name.
const Metric* find_metric(std::string_view name);

/// Absent when the reading is missing or no possible value (NaN, negative, 900 degrees).
std::optional<double> read_metric(const Metric& metric, const MetricInput& input);
/// With its unit: "38 MB/s", "62 %", "warning".
std::string value_text(const Metric& metric, double value);
/// Why there is no value, from the sample's problems.
std::string unknown_text(const Metric& metric, const Sample& sample);

}  // namespace m1opt::decide
