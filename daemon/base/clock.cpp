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

Instant SystemClock::now() const {
  timespec ts{};
#ifdef CLOCK_BOOTTIME
  clock_gettime(CLOCK_BOOTTIME, &ts);
#else
  // On macOS CLOCK_MONOTONIC_RAW is mach_continuous_time, which counts sleep.
  clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
#endif
  return {std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec)};
}

WallTime SystemClock::wall() const { return {std::chrono::system_clock::now()}; }

}  // namespace m1opt::base
