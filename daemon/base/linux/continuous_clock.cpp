#include <ctime>

#include "base/clock.h"

namespace m1opt::base {

namespace {

Duration read_clock(clockid_t clock) {
  timespec ts{};
  clock_gettime(clock, &ts);
  return std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec);
}

}  // namespace

Duration read_continuous_clock() { return read_clock(CLOCK_BOOTTIME); }

Duration read_awake_clock() { return read_clock(CLOCK_MONOTONIC); }

}  // namespace m1opt::base
