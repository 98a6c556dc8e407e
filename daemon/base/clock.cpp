#include "base/clock.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

namespace m1opt::base {

std::string to_rfc3339(WallTime t) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(t.point.time_since_epoch());
  const auto s = std::chrono::floor<std::chrono::seconds>(ms);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(static_cast<std::time_t>(s.count())), (ms - s).count());
}

Instant SystemClock::now() const { return {read_continuous_clock()}; }

WallTime SystemClock::wall() const { return {std::chrono::system_clock::now()}; }

}  // namespace m1opt::base
