#include "app/history_metrics.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "decide/metrics.h"

namespace m1opt::app {

namespace {

struct Row {
  std::string_view name;
  std::optional<double> (*read)(const TickRecord&);
};

std::optional<double> awake(const TickRecord& tick) { return tick.decision.awake.wanted ? 1.0 : 0.0; }

std::optional<double> held(const TickRecord& tick) {
  const auto& holds = tick.decision.next.holds;
  return static_cast<double>(std::count_if(holds.begin(), holds.end(), [](const decide::Hold& hold) {
    return hold.kind != ActionKind::raise;
  }));
}

/// Of all workloads together; absent while nobody tells.
std::optional<double> tokens_per_s(const TickRecord& tick) {
  std::optional<double> sum;
  for (const auto& [name, memory] : tick.decision.next.workloads) {
    if (memory.generation.rate) sum = sum.value_or(0) + *memory.generation.rate;
  }
  return sum;
}

/// Besides those of decide/metrics.cpp.
constexpr std::array kMore{
    Row{"awake", awake},  // is the machine to be kept awake?
    Row{"held", held},    // processes in the background or suspended
    Row{"tokens_per_s", tokens_per_s},
};

}  // namespace

const std::vector<std::string>& history_metrics() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> made;
    for (const decide::Metric& metric : decide::metrics()) made.emplace_back(metric.name);
    for (const Row& row : kMore) made.emplace_back(row.name);
    return made;
  }();
  return names;
}

std::vector<std::optional<double>> read_history_metrics(const TickRecord& tick) {
  std::vector<std::optional<double>> values;
  values.reserve(history_metrics().size());
  const decide::MetricInput input{tick.sample, tick.decision.next};
  for (const decide::Metric& metric : decide::metrics()) values.push_back(read_metric(metric, input));
  for (const Row& row : kMore) values.push_back(row.read(tick));
  return values;
}

}  // namespace m1opt::app
