#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "client/render/style.h"
#include "platform/platform.h"

/// What `m1optctl fans` tells: fans, heat, and a curve beside it. No fan is ever set.
namespace m1opt::client::cooling {

struct Cooling {
  std::vector<platform::FanDetail> fans;
  std::string why_no_fans;  ///< why nothing is known of any; "" without fans: this machine has none
  std::optional<double> hottest_celsius;
  std::string why_no_heat;
  std::optional<int> level;  ///< 0 nominal to 4 sleeping
  std::string level_source;
};

/// As the daemon would read it, without one; `sysroot` as in platform.h.
Cooling read_cooling(const std::string& sysroot);

/// The curve that is widely recommended, in percent of a fan's highest speed: 50 up to 60 degrees,
/// then rising to 100 at 85.
double curve_percent(double celsius);

/// The speed that the curve asks of this fan at this heat; absent when its highest is not known.
std::optional<std::int64_t> curve_rpm(const platform::FanDetail& fan, double celsius);

std::string to_text(const Cooling& cooling, const render::Style& style);
boost::json::object to_json(const Cooling& cooling);

}  // namespace m1opt::client::cooling
