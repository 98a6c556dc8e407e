#include "decide/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "decide/generation.h"
#include "decide/rates.h"
#include "decide/rules.h"
#include "decide/text.h"

namespace m1opt::decide {
namespace {

using Input = MetricInput;
using Value = std::optional<double>;

Value of_percent(const std::optional<Percent>& percent) {
  if (!percent) return std::nullopt;
  return percent->value();
}

Value pressure_level(const Input& in) {
  if (!in.sample.pressure) return std::nullopt;
  return static_cast<double>(in.sample.pressure->level);
}

Value memory_used(const Input& in) {
  if (!in.sample.memory) return std::nullopt;
  return in.sample.memory->used_share.value();
}

Value memory_available(const Input& in) {
  if (!in.sample.memory) return std::nullopt;
  return in.sample.memory->available_share.value();
}

/// Of RAM, as the reference counts it, not of the swap space.
Value swap_used(const Input& in) {
  if (!in.sample.swap || !in.sample.memory || in.sample.memory->total.value() <= 0) {
    return std::nullopt;
  }
  return percent_of(static_cast<double>(in.sample.swap->used.value()),
                    static_cast<double>(in.sample.memory->total.value()))
      .value();
}

Value swap_used_bytes(const Input& in) {
  if (!in.sample.swap) return std::nullopt;
  return static_cast<double>(in.sample.swap->used.value());
}

/// What the compressor takes, not what it was before it was compressed.
Value memory_compressed(const Input& in) {
  const auto& memory = in.sample.memory;
  if (!memory || !memory->compressed || memory->total.value() <= 0) return std::nullopt;
  return percent_of(static_cast<double>(memory->compressed->value()),
                    static_cast<double>(memory->total.value()))
      .value();
}

Value swap_out(const Input& in) { return in.state.rates.swap_out; }
Value swap_in(const Input& in) { return in.state.rates.swap_in; }

Value psi_some(const Input& in) {
  return in.sample.pressure ? of_percent(in.sample.pressure->some_avg10) : std::nullopt;
}

Value psi_full(const Input& in) {
  return in.sample.pressure ? of_percent(in.sample.pressure->full_avg10) : std::nullopt;
}

Value stall_some(const Input& in) { return in.state.rates.some_stall; }
Value stall_full(const Input& in) { return in.state.rates.full_stall; }

Value thermal_level(const Input& in) {
  if (!in.sample.thermal || !in.sample.thermal->level) return std::nullopt;
  return static_cast<double>(*in.sample.thermal->level);
}

Value temperature(const Input& in) {
  if (!in.sample.thermal || !in.sample.thermal->hottest) return std::nullopt;
  return static_cast<double>(in.sample.thermal->hottest->value()) / 1000.0;
}

Value targets_cpu(const Input& in) { return in.state.rates.targets_demand; }

/// One target of many: only those of the rows that the rule is about.
bool counts(const Input& in, const TargetSample& target) {
  return in.scope == nullptr || is_about(*in.scope, target.target);
}

/// Of one target: the hungriest.
Value target_cpu(const Input& in) {
  if (!in.state.rates.targets_demand) return std::nullopt;
  double most = 0;
  for (const auto& target : in.sample.targets) {
    if (counts(in, target)) most = std::max(most, demand_of(in.state, target.process.id));
  }
  return most;
}

/// Of one target: the largest; 0 when none runs.
Value target_footprint(const Input& in) {
  if (in.sample.process_count == 0) return std::nullopt;
  std::int64_t most = 0;
  for (const auto& target : in.sample.targets) {
    if (!counts(in, target)) continue;
    if (target.process.footprint.value() < 0) return std::nullopt;
    most = std::max(most, target.process.footprint.value());
  }
  return static_cast<double>(most);
}

/// Of the CPU time that the runners took together.
Value runner_performance_cores(const Input& in) {
  double taken = 0;
  double fast = 0;
  for (const auto& workload : in.sample.workloads) {
    for (const auto& member : workload.processes) {
      const Track* track = member.runner ? find_track(in.state, member.process.id) : nullptr;
      if (track == nullptr || !track->known || !track->performance_share) continue;
      taken += track->share;
      fast += track->share * *track->performance_share;
    }
  }
  if (taken <= 0) return std::nullopt;
  return fast / taken;
}

Value tokens_drop(const Input& in) {
  Value most;
  for (const auto& [name, memory] : in.state.workloads) {
    const auto drop = generation_drop(memory.generation);
    if (drop) most = std::max(most.value_or(0), *drop);
  }
  return most;
}

Value cpu_busy(const Input& in) { return in.state.rates.cpu_busy; }

Value cpu_waiting(const Input& in) {
  return in.sample.cpu ? of_percent(in.sample.cpu->some_avg10) : std::nullopt;
}

Value on_battery(const Input& in) {
  if (!in.sample.power || !in.sample.power->on_battery) return std::nullopt;
  return *in.sample.power->on_battery ? 1.0 : 0.0;
}

Value battery_charge(const Input& in) {
  return in.sample.power ? of_percent(in.sample.power->charge) : std::nullopt;
}

using Unit = MetricUnit;

constexpr std::array kMetrics{
    Metric{"pressure_level", "memory pressure", Unit::pressure, "pressure", pressure_level},
    Metric{"memory_used_percent", "memory used", Unit::percent, "memory", memory_used},
    Metric{"memory_available_percent", "memory available", Unit::percent, "memory",
           memory_available, true},
    Metric{"swap_used_percent", "swap used, of RAM,", Unit::percent, "swap", swap_used},
    Metric{"swap_used_bytes", "swap used", Unit::bytes, "swap", swap_used_bytes},
    Metric{"memory_compressed_percent", "memory held by the compressor", Unit::percent,
           "memory.compressed", memory_compressed},
    Metric{"swap_out_bytes_per_s", "swap-out", Unit::bytes_per_second, "swap.swapped_out",
           swap_out},
    Metric{"swap_in_bytes_per_s", "swap-in", Unit::bytes_per_second, "swap.swapped_in", swap_in},
    Metric{"psi_some_percent", "memory stalls (some)", Unit::percent, "pressure.some_avg10",
           psi_some},
    Metric{"psi_full_percent", "memory stalls (full)", Unit::percent, "pressure.full_avg10",
           psi_full},
    Metric{"stall_some_percent", "time some task waited for memory", Unit::percent,
           "pressure.some_total", stall_some},
    Metric{"stall_full_percent", "time all tasks waited for memory", Unit::percent,
           "pressure.full_total", stall_full},
    Metric{"thermal_level", "thermal level", Unit::thermal, "thermal.level", thermal_level},
    Metric{"temperature_celsius", "temperature", Unit::celsius, "thermal.hottest", temperature},
    Metric{"targets_cpu_percent", "the targets' demand for CPU", Unit::core_percent, "targets",
           targets_cpu},
    Metric{"target_cpu_percent", "the hungriest target's demand for CPU", Unit::core_percent,
           "targets", target_cpu},
    Metric{"target_footprint_bytes", "memory of the largest target", Unit::bytes, "targets",
           target_footprint},
    Metric{"runner_performance_cores_percent", "the runners' time on performance cores",
           Unit::percent, "cpu.performance_cores", runner_performance_cores, true},
    Metric{"tokens_drop_percent", "tokens a second below the best of late of as many requests", Unit::percent,
           "workloads", tokens_drop},
    Metric{"cpu_busy_percent", "CPU busy", Unit::percent, "cpu", cpu_busy},
    Metric{"cpu_waiting_percent", "tasks waiting for CPU", Unit::percent, "cpu.some_avg10",
           cpu_waiting},
    Metric{"on_battery", "on battery", Unit::yes_no, "power.on_battery", on_battery},
    Metric{"battery_charge_percent", "battery charge", Unit::percent, "power.charge",
           battery_charge, true},
};

constexpr std::array<std::string_view, 3> kPressureWords{"normal", "warning", "critical"};
constexpr std::array<std::string_view, 5> kThermalWords{"nominal", "moderate", "heavy", "trapping",
                                                        "sleeping"};

/// Above these the sensor is broken, not the machine hot or busy.
double highest_possible(Unit unit) {
  switch (unit) {
    case Unit::percent: return 100.0;
    case Unit::core_percent: return 1e6;
    case Unit::bytes: return 1e15;
    case Unit::bytes_per_second: return 1e12;
    case Unit::celsius: return 130.0;
    case Unit::pressure: return 2.0;
    case Unit::thermal: return 4.0;
    case Unit::yes_no: return 1.0;
  }
  return 0.0;
}

template <std::size_t N>
std::string word_of(const std::array<std::string_view, N>& words, double value) {
  const auto index = static_cast<std::size_t>(std::clamp(value, 0.0, static_cast<double>(N - 1)));
  return std::string(words[index]);
}

}  // namespace

std::span<const Metric> metrics() { return kMetrics; }

std::vector<KnownMetric> known_metrics() {
  std::vector<KnownMetric> known;
  for (const Metric& metric : kMetrics) {
    known.push_back({metric.name, metric.trips_low, highest_possible(metric.unit),
                     metric.unit == Unit::bytes_per_second});
  }
  return known;
}

const Metric* find_metric(std::string_view name) {
  const auto* row = std::find_if(kMetrics.begin(), kMetrics.end(),
                                 [&](const Metric& metric) { return metric.name == name; });
  return row == kMetrics.end() ? nullptr : row;
}

std::optional<double> read_metric(const Metric& metric, const MetricInput& input) {
  const auto value = metric.read(input);
  // A share may be computed a hair above 100 from counters read one after the other.
  const double slack = metric.unit == Unit::percent ? 0.5 : 0.0;
  if (!value || !std::isfinite(*value) || *value < 0.0 ||
      *value > highest_possible(metric.unit) + slack) {
    return std::nullopt;
  }
  return value;
}

std::string value_text(const Metric& metric, double value) {
  switch (metric.unit) {
    case Unit::percent: return percent_text(value);
    case Unit::core_percent: return percent_text(value) + " of a core";
    case Unit::bytes: return bytes_text(value);
    case Unit::bytes_per_second: return bytes_text(value) + "/s";
    case Unit::celsius: return number_text(value) + " °C";
    case Unit::pressure: return word_of(kPressureWords, value);
    case Unit::thermal: return word_of(kThermalWords, value);
    case Unit::yes_no: return value >= 0.5 ? "yes" : "no";
  }
  return {};
}

std::string unknown_text(const Metric& metric, const Sample& sample) {
  const Problem* best = nullptr;
  for (const auto& problem : sample.problems) {
    // "thermal" explains "thermal.level" too.
    const bool explains = metric.reader == problem.reader ||
                          (metric.reader.starts_with(problem.reader) &&
                           metric.reader.substr(problem.reader.size()).starts_with('.'));
    if (explains && (best == nullptr || problem.reader.size() > best->reader.size())) {
      best = &problem;
    }
  }
  if (best != nullptr) return best->text;
  const bool rate = metric.unit == Unit::bytes_per_second || metric.unit == Unit::core_percent ||
                    metric.name == "cpu_busy_percent" || metric.name.starts_with("stall_");
  return rate ? "needs two samples to compare" : "no reading";
}

}  // namespace m1opt::decide
