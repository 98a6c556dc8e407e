#include "client/bench/conditions.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/json_view.h"

namespace m1opt::client::bench {
namespace {

using boost::json::value;

constexpr int kHotLevel = 2;
constexpr double kHotCelsius = 90;

template <class T>
value or_null(const std::optional<T>& number) {
  return number ? value(*number) : value(nullptr);
}

}  // namespace

Conditions conditions_of(const value& status) {
  Conditions conditions;
  conditions.pressure = text_at(status, "pressure.level");
  conditions.swap_used_bytes = number_at(status, "swap.used_bytes");
  if (const auto level = number_at(status, "thermal.level")) {
    conditions.thermal_level = static_cast<int>(*level);
  }
  conditions.temperature_celsius = number_at(status, "thermal.hottest_celsius");
  double most = 0;
  for (const value& workload : list_at(status, "workloads")) {
    for (const value& process : list_at(workload, "processes")) {
      const double share = number_at(process, "cpu_share_percent").value_or(0);
      if (!flag_at(process, "runner") || share <= most) continue;
      most = share;
      conditions.performance_core_share_percent =
          number_at(process, "performance_core_share_percent");
    }
  }
  for (const value& hold : list_at(status, "holds")) {
    conditions.holds.insert(fmt::format("{} {}", text_at(hold, "kind"), text_at(hold, "target")));
  }
  return conditions;
}

bool is_slowed(std::optional<double> thermal_level) { return thermal_level.value_or(0) >= kHotLevel; }

bool is_hot(const Conditions& conditions) {
  return is_slowed(conditions.thermal_level) ||
         conditions.temperature_celsius.value_or(0) >= kHotCelsius;
}

bool is_heat_known(const Conditions& conditions) {
  return conditions.thermal_level || conditions.temperature_celsius;
}

bool is_settled(const Conditions& now, const Conditions& reference) {
  return std::includes(now.holds.begin(), now.holds.end(), reference.holds.begin(),
                       reference.holds.end());
}

boost::json::object to_json(const Conditions& conditions) {
  boost::json::array holds;
  for (const std::string& hold : conditions.holds) holds.emplace_back(hold);
  return {{"pressure", conditions.pressure.empty() ? value(nullptr) : value(conditions.pressure)},
          {"swap_used_bytes", or_null(conditions.swap_used_bytes)},
          {"thermal_level", or_null(conditions.thermal_level)},
          {"temperature_celsius", or_null(conditions.temperature_celsius)},
          {"performance_core_share_percent", or_null(conditions.performance_core_share_percent)},
          {"holds", std::move(holds)}};
}

}  // namespace m1opt::client::bench
