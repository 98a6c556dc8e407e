#include <unistd.h>

#include <ctime>
#include <sstream>
#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "base/linux/boot_clock.h"

namespace m1opt::base {

namespace {

Duration read_clock(clockid_t clock) {
  timespec ts{};
  clock_gettime(clock, &ts);
  return std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec);
}

/// "boottime 1000000 0": seconds and nanoseconds. No such file: the kernel has no time namespaces.
Duration read_offset() {
  const auto text = read_file("/proc/self/timens_offsets", 4096);
  if (!text) return {};
  std::istringstream lines(*text);
  std::string clock;
  long long seconds = 0;
  long long nanoseconds = 0;
  while (lines >> clock >> seconds >> nanoseconds) {
    if (clock == "boottime") {
      return std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanoseconds);
    }
  }
  return {};
}

}  // namespace

Duration boot_clock_offset() {
  static const Duration offset = read_offset();
  return offset;
}

std::int64_t boot_clock_offset_ticks() {
  static const std::int64_t ticks = [] {
    const auto hz = static_cast<std::int64_t>(::sysconf(_SC_CLK_TCK));
    return boot_clock_offset() / (std::chrono::nanoseconds(std::chrono::seconds(1)) / hz);
  }();
  return ticks;
}

Duration read_continuous_clock() { return read_clock(CLOCK_BOOTTIME) - boot_clock_offset(); }

Duration read_awake_clock() { return read_clock(CLOCK_MONOTONIC); }

}  // namespace m1opt::base
