#pragma once

#include <chrono>
#include <cstdint>

#include "base/quantity.h"

namespace m1opt::base {

using Bytes = Quantity<struct BytesTag, std::int64_t>;
using BytesPerSecond = Quantity<struct BytesPerSecondTag, double>;
/// 0 to 100; of one core where a share of CPU is meant, so it may exceed 100.
using Percent = Quantity<struct PercentTag, double>;
using MilliCelsius = Quantity<struct MilliCelsiusTag, std::int64_t>;

using Duration = std::chrono::nanoseconds;

constexpr Bytes bytes_from_kib(std::int64_t kib) { return Bytes{kib * 1024}; }

constexpr double seconds_of(Duration d) { return std::chrono::duration<double>(d).count(); }
constexpr std::int64_t milliseconds_of(Duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}
constexpr Duration duration_from_seconds(double s) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(s));
}

/// The share of `whole` that `part` is; 0 of 0 is 0.
constexpr Percent percent_of(double part, double whole) {
  return Percent{whole == 0.0 ? 0.0 : 100.0 * part / whole};
}

/// What flowed in `elapsed`; nothing flows in no time.
constexpr BytesPerSecond rate_of(Bytes amount, Duration elapsed) {
  return BytesPerSecond{
      elapsed.count() <= 0 ? 0.0 : static_cast<double>(amount.value()) / seconds_of(elapsed)};
}

}  // namespace m1opt::base
