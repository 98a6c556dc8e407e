#include "platform/pressure_text.h"

#include <fmt/format.h>

#include "platform/text.h"

namespace m1opt::platform {

namespace {

constexpr double kStallLimit = 10.0;
constexpr double kAvailableWarning = 15.0;
constexpr double kAvailableCritical = 7.0;

/// The value of "key=value", when the word has that key.
std::string_view value_of(std::string_view word, std::string_view key) {
  if (word.size() <= key.size() || word.substr(0, key.size()) != key || word[key.size()] != '=') {
    return {};
  }
  return word.substr(key.size() + 1);
}

std::optional<StallLine> parse_stall_line(std::string_view line) {
  std::optional<double> average;
  std::optional<std::int64_t> total;
  for (auto word = take_word(line); !word.empty(); word = take_word(line)) {
    if (const auto text = value_of(word, "avg10"); !text.empty())
      average = parse_decimal(text);
    if (const auto text = value_of(word, "total"); !text.empty()) {
      total = parse_number<std::int64_t>(text);
    }
  }
  // Written so that a NaN fails too. A microsecond count beyond 10^15 (30 years)
  // would overflow as nanoseconds before it could be true.
  if (!average || !(*average >= 0.0 && *average <= 100.0)) return std::nullopt;
  if (!total || *total < 0 || *total > 1'000'000'000'000'000) return std::nullopt;
  return StallLine{Percent{*average}, std::chrono::microseconds(*total)};
}

}  // namespace

Result<Stalls> parse_stalls(std::string_view text) {
  std::optional<StallLine> some;
  std::optional<StallLine> full;
  while (!text.empty()) {
    auto line = take_line(text);
    const auto kind = take_word(line);
    if (kind == "some") some = parse_stall_line(line);
    if (kind == "full") full = parse_stall_line(line);
  }
  if (!some) return Error{Errc::parse, 0, "no usable 'some' line with avg10 and total"};
  return Stalls{*some, full};
}

Result<PressureReading> compute_pressure(const std::optional<Stalls>& stalls,
                                         std::optional<Percent> available_share) {
  if (!stalls && !available_share) {
    return Error{Errc::parse, 0, "neither stall times nor available memory are known"};
  }
  PressureReading reading;
  if (stalls) {
    reading.some_avg10 = stalls->some.avg10;
    reading.some_total = stalls->some.total;
    if (stalls->full) reading.full_total = stalls->full->total;
    if (stalls->full) reading.full_avg10 = stalls->full->avg10;
  }
  if (reading.full_avg10 && reading.full_avg10->value() >= kStallLimit) {
    reading.level = PressureLevel::critical;
    reading.level_source = fmt::format("memory stalls full avg10 {:.2f} % >= {} %",
                                       reading.full_avg10->value(), kStallLimit);
  } else if (available_share && available_share->value() < kAvailableCritical) {
    reading.level = PressureLevel::critical;
    reading.level_source = fmt::format("available memory {:.1f} % < {} %", available_share->value(),
                                       kAvailableCritical);
  } else if (reading.some_avg10 && reading.some_avg10->value() >= kStallLimit) {
    reading.level = PressureLevel::warning;
    reading.level_source = fmt::format("memory stalls some avg10 {:.2f} % >= {} %",
                                       reading.some_avg10->value(), kStallLimit);
  } else if (available_share && available_share->value() < kAvailableWarning) {
    reading.level = PressureLevel::warning;
    reading.level_source = fmt::format("available memory {:.1f} % < {} %", available_share->value(),
                                       kAvailableWarning);
  } else {
    reading.level = PressureLevel::normal;
    if (reading.some_avg10 && available_share) {
      reading.level_source = fmt::format("memory stalls some avg10 {:.2f} %, available {:.1f} %",
                                         reading.some_avg10->value(), available_share->value());
    } else if (reading.some_avg10) {
      reading.level_source = fmt::format("memory stalls some avg10 {:.2f} %; available unknown",
                                         reading.some_avg10->value());
    } else {
      reading.level_source =
          fmt::format("available memory {:.1f} %; stalls unknown", available_share->value());
    }
  }
  return reading;
}

}  // namespace m1opt::platform
