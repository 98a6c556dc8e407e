#include "client/render/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

#include "wire/decode.h"

namespace m1opt::client::render {
namespace {

template <std::size_t N>
std::string scaled(double value, double base, const std::array<const char*, N>& units) {
  std::size_t unit = 0;
  while (value >= base && unit + 1 < N) {
    value /= base;
    ++unit;
  }
  return unit == 0 ? fmt::format("{:.0f} {}", value, units[0])
                   : fmt::format("{:.1f} {}", value, units[unit]);
}

std::tm local_time(TimePoint time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  return parts;
}

}  // namespace

std::string format_duration(double seconds) {
  // JSON holds any number: what no counter of seconds can be is not converted to one.
  seconds = seconds > 0 ? std::min(seconds, 1e15) : 0;
  if (seconds < 9.95)
    return fmt::format("{:.{}f}s", seconds, seconds == static_cast<int>(seconds) ? 0 : 1);
  const long long whole = std::llround(seconds);
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{}h{:02}m", whole / 3600, whole % 3600 / 60);
  return fmt::format("{}d{}h", whole / 86400, whole % 86400 / 3600);
}

std::string format_bytes(double bytes) {
  constexpr std::array<const char*, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  return scaled(bytes, 1024, kUnits);
}

std::string format_rate(double bytes_per_second) {
  constexpr std::array<const char*, 4> kUnits{"B/s", "kB/s", "MB/s", "GB/s"};
  return scaled(bytes_per_second, 1000, kUnits);
}

std::string format_percent(double percent) {
  return fmt::format("{:.{}f} %", percent, percent < 9.95 && percent != 0 ? 1 : 0);
}

std::optional<TimePoint> parse_rfc3339(std::string_view text) {
  const auto time = wire::parse_rfc3339(text);
  if (!time) return std::nullopt;
  return time->point;
}

std::string format_time(TimePoint time, TimePoint now) {
  const std::tm parts = local_time(time);
  const std::tm today = local_time(now);
  std::string clock =
      fmt::format("{:02}:{:02}:{:02}", parts.tm_hour, parts.tm_min, parts.tm_sec);
  if (parts.tm_year == today.tm_year && parts.tm_yday == today.tm_yday) return clock;
  return fmt::format("{:04}-{:02}-{:02} {}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     clock);
}

}  // namespace m1opt::client::render
