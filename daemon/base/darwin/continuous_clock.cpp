#include <ctime>

#include "base/clock.h"

namespace m1opt::base {

/// CLOCK_MONOTONIC_RAW is mach_continuous_time in nanoseconds (Libc
/// gen/clock_gettime.c): it goes on while the machine sleeps, where
/// CLOCK_UPTIME_RAW, mach_absolute_time, stands still.
Duration read_continuous_clock() {
  return Duration{static_cast<std::int64_t>(clock_gettime_nsec_np(CLOCK_MONOTONIC_RAW))};
}

Duration read_awake_clock() {
  return Duration{static_cast<std::int64_t>(clock_gettime_nsec_np(CLOCK_UPTIME_RAW))};
}

}  // namespace m1opt::base
