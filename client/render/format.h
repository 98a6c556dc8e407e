#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// Numbers and times as people read them. No unit is left out.
namespace m1opt::client::render {

/// 0.4s, 12s, 4m10s, 3h12m, 2d4h.
std::string format_duration(double seconds);
/// Powers of 1024: 512 B, 5.1 GiB.
std::string format_bytes(double bytes);
/// Powers of 1000, as the rules have it: 38.0 MB/s.
std::string format_rate(double bytes_per_second);
/// One digit below 10, none above: 0.3 %, 82 %.
std::string format_percent(double percent);

using TimePoint = std::chrono::system_clock::time_point;

/// Reads 2026-08-01T10:11:12.123Z.
std::optional<TimePoint> parse_rfc3339(std::string_view text);
/// Local time of day; with the date when it is another day than `now`'s.
std::string format_time(TimePoint time, TimePoint now);

}  // namespace m1opt::client::render
