#pragma once

#include <cstdint>
#include <limits>

#include "base/result.h"
#include "base/units.h"
#include "platform/darwin/raw_calls.h"

namespace m1opt::platform::darwin {

/// Mach ticks as time, by the machine's own timebase: 125/3 where the counter
/// runs at 24 MHz, 1/1 at 1 GHz. Splitting the multiplication keeps it exact
/// for any uptime; what would not fit is the longest duration there is.
constexpr Duration to_duration(std::uint64_t ticks, Timebase base) {
  if (base.denominator == 0) return Duration{};
  const std::uint64_t whole = ticks / base.denominator;
  const std::uint64_t rest = ticks % base.denominator;
  const auto longest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (base.numerator != 0 && whole > (longest - base.numerator) / base.numerator) {
    return Duration::max();
  }
  return Duration{static_cast<std::int64_t>(whole * base.numerator +
                                            rest * base.numerator / base.denominator)};
}

}  // namespace m1opt::platform::darwin
