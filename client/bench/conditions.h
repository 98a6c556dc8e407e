#pragma once

#include <boost/json.hpp>
#include <optional>
#include <set>
#include <string>

/// What the daemon saw while something was measured.
namespace m1opt::client::bench {

/// Absent: not known, or there is no daemon.
struct Conditions {
  std::string pressure;  ///< "normal"; empty: not known
  std::optional<double> swap_used_bytes{};
  std::optional<int> thermal_level{};
  std::optional<double> temperature_celsius{};
  /// Of the CPU time of the runner that works most, the part on performance cores.
  std::optional<double> performance_core_share_percent{};
  std::set<std::string> holds{};  ///< "background photoanalysisd"

  bool operator==(const Conditions&) const = default;
};
Conditions conditions_of(const boost::json::value& status);

/// From here on the processor is slowed down by heat, as the rule thermal_heavy has it.
bool is_hot(const Conditions& conditions);
bool is_slowed(std::optional<double> thermal_level);
bool is_heat_known(const Conditions& conditions);

/// Does the daemon hold all that it held when it was last left alone?
bool is_settled(const Conditions& now, const Conditions& reference);

boost::json::object to_json(const Conditions& conditions);

}  // namespace m1opt::client::bench
