#pragma once

#include <chrono>
#include <compare>
#include <string>

#include "base/units.h"

namespace m1opt::base {

/// A point on the clock that goes on counting while the machine sleeps
/// (CLOCK_BOOTTIME on Linux, mach_continuous_time on macOS), in nanoseconds
/// since boot. It means something only together with a BootId.
struct Instant {
  Duration since_boot{};

  constexpr bool operator==(const Instant&) const = default;
  constexpr auto operator<=>(const Instant& other) const {
    return since_boot.count() <=> other.since_boot.count();
  }
  friend constexpr Instant operator+(Instant t, Duration d) { return {t.since_boot + d}; }
  friend constexpr Instant operator-(Instant t, Duration d) { return {t.since_boot - d}; }
  friend constexpr Duration operator-(Instant a, Instant b) { return a.since_boot - b.since_boot; }
};

/// Time of day, for people and file names; no decision may depend on it.
struct WallTime {
  std::chrono::system_clock::time_point point{};

  constexpr bool operator==(const WallTime&) const = default;
  constexpr auto operator<=>(const WallTime& other) const {
    return point.time_since_epoch().count() <=> other.point.time_since_epoch().count();
  }
};

/// Since 1970, UTC.
constexpr std::int64_t milliseconds_of(WallTime t) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(t.point.time_since_epoch()).count();
}
constexpr WallTime wall_from_milliseconds(std::int64_t since_1970) {
  return {std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(
          std::chrono::milliseconds(since_1970)))};
}

/// RFC 3339 in UTC with milliseconds: 2026-08-01T10:11:12.123Z
std::string to_rfc3339(WallTime t);

/// Names one boot of the machine, so that a pid from before a reboot can never match.
struct BootId {
  std::string value;

  auto operator<=>(const BootId&) const = default;
};

/// Time since boot, sleep included: base/<os>/continuous_clock.cpp.
Duration read_continuous_clock();
/// Stands still while the machine sleeps, so that nobody seems silent because of it.
Duration read_awake_clock();

/// The only source of time. Tests step their own.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
  [[nodiscard]] virtual WallTime wall() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] WallTime wall() const override;
};

}  // namespace m1opt::base
