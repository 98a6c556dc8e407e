#include <ctime>

#include "base/clock.h"

namespace m1opt::base {

Duration read_continuous_clock() {
  timespec ts{};
  clock_gettime(CLOCK_BOOTTIME, &ts);
  return std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec);
}

}  // namespace m1opt::base
