#include "wire/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "wire/nearest.h"
#include "wire/text.h"

namespace m1opt::wire {

namespace json = boost::json;

namespace {

/// 30 years; a longer one is a mistake, and ten times that overflows a Duration.
constexpr double kLongestSeconds = 1e9;

constexpr std::array<std::string_view, 31> kUnitSuffixes{"_bytes_per_s",
                                                         "_bytes_per_sec",
                                                         "_mb_per_s",
                                                         "_mib_per_s",
                                                         "_kb_per_s",
                                                         "_seconds",
                                                         "_minutes",
                                                         "_hours",
                                                         "_millis",
                                                         "_bytes",
                                                         "_percent",
                                                         "_percentage",
                                                         "_pct",
                                                         "_celsius",
                                                         "_fahrenheit",
                                                         "_secs",
                                                         "_sec",
                                                         "_mins",
                                                         "_min",
                                                         "_ms",
                                                         "_us",
                                                         "_ns",
                                                         "_kib",
                                                         "_mib",
                                                         "_gib",
                                                         "_kb",
                                                         "_mb",
                                                         "_gb",
                                                         "_s",
                                                         "_h",
                                                         "_m"};

std::string_view without_unit(std::string_view key) {
  for (const std::string_view suffix : kUnitSuffixes) {
    if (key.size() > suffix.size() && key.ends_with(suffix)) {
      return key.substr(0, key.size() - suffix.size());
    }
  }
  return key;
}

std::string_view kind_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return value.get_bool() ? "true" : "false";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_: return "a number";
    case json::kind::string: return "a string";
    case json::kind::array: return "an array";
    case json::kind::object: return "an object";
  }
  return "something else";
}

template <class Number>
bool read_digits(std::string_view text, std::size_t at, std::size_t count, Number& into) {
  if (text.size() < at + count) return false;
  const char* end = text.data() + at + count;
  const auto [stop, code] = std::from_chars(text.data() + at, end, into);
  return code == std::errc{} && stop == end && text[at] != '-';
}

}  // namespace

std::string describe_unknown_key(std::string_view key, std::span<const KnownKey> known) {
  const std::string_view stem = without_unit(key);
  for (const KnownKey& row : known) {
    if (row.unit.empty() ? row.key == stem : row.stem == stem || row.stem == key) {
      return fmt::format("unknown key \"{}\"; did you mean \"{}\"{}?", key, row.key,
                         row.unit.empty() ? std::string() : fmt::format(" ({})", row.unit));
    }
  }
  std::vector<std::string> keys;
  for (const KnownKey& row : known) keys.push_back(row.key);
  const std::string guess = did_you_mean(key, keys);
  if (!guess.empty()) return fmt::format("unknown key \"{}\"{}", key, guess);
  return fmt::format("unknown key \"{}\"; known here: {}", key,
                     keys.empty() ? "none" : fmt::to_string(fmt::join(keys, ", ")));
}

std::optional<base::WallTime> parse_rfc3339(std::string_view text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':' || text.back() != 'Z' || !read_digits(text, 0, 4, year) ||
      !read_digits(text, 5, 2, month) || !read_digits(text, 8, 2, day) ||
      !read_digits(text, 11, 2, hour) || !read_digits(text, 14, 2, minute) ||
      !read_digits(text, 17, 2, second)) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  // As nanoseconds since 1970 only the years from 1678 to 2261 fit.
  if (!date.ok() || year < 1678 || year > 2261 || hour > 23 || minute > 59 || second > 60) {
    return std::nullopt;
  }
  std::int64_t nanoseconds = 0;
  const std::string_view fraction = text.substr(19, text.size() - 20);
  if (!fraction.empty()) {
    if (fraction.size() < 2 || fraction.size() > 10 || fraction[0] != '.' ||
        !read_digits(fraction, 1, fraction.size() - 1, nanoseconds)) {
      return std::nullopt;
    }
    for (std::size_t digits = fraction.size() - 1; digits < 9; ++digits) nanoseconds *= 10;
  }
  const auto since_epoch = std::chrono::sys_days(date).time_since_epoch() +
                           std::chrono::hours(hour) + std::chrono::minutes(minute) +
                           std::chrono::seconds(second) + std::chrono::nanoseconds(nanoseconds);
  return base::WallTime{std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(since_epoch))};
}

void DecodeState::wrong_type(std::string_view expected, const json::value& found) {
  const std::string shown = found.is_primitive() && !found.is_null() && !found.is_bool()
                                ? fmt::format("{} ({:.40})", kind_of(found), to_text(found))
                                : std::string(kind_of(found));
  fault(fmt::format("expected {}, found {}", expected, shown));
}

std::optional<std::int64_t> DecodeState::whole(const json::value& value, std::int64_t low,
                                               std::int64_t high) {
  std::int64_t number = 0;
  if (const auto* found = value.if_int64()) {
    number = *found;
  } else if (value.is_uint64()) {
    fault(fmt::format("{} is out of range {} to {}", value.get_uint64(), low, high));
    return std::nullopt;
  } else if (const auto* real = value.if_double();
             real != nullptr && *real == std::trunc(*real) && std::abs(*real) < 9e15) {
    number = static_cast<std::int64_t>(*real);  // 1e3 is a whole number too
  } else {
    wrong_type("a whole number", value);
    return std::nullopt;
  }
  if (number < low || number > high) {
    fault(fmt::format("{} is out of range {} to {}", number, low, high));
    return std::nullopt;
  }
  return number;
}

std::optional<std::uint64_t> DecodeState::whole_unsigned(const json::value& value,
                                                         std::uint64_t high) {
  if (const auto* found = value.if_uint64()) {
    if (*found <= high) return *found;
    fault(fmt::format("{} is out of range 0 to {}", *found, high));
    return std::nullopt;
  }
  constexpr std::uint64_t kSigned = std::numeric_limits<std::int64_t>::max();
  const auto found = whole(value, 0, static_cast<std::int64_t>(std::min(high, kSigned)));
  if (!found) return std::nullopt;
  return static_cast<std::uint64_t>(*found);
}

std::optional<double> DecodeState::number(const json::value& value) {
  if (!value.is_number()) {
    wrong_type("a number", value);
    return std::nullopt;
  }
  const auto found = value.to_number<double>();
  if (std::isfinite(found)) return found;
  fault("is too large a number");
  return std::nullopt;
}

std::optional<base::Duration> DecodeState::seconds(const json::value& value) {
  if (!value.is_number()) {
    wrong_type("a number of seconds", value);
    return std::nullopt;
  }
  const auto found = value.to_number<double>();
  // What was computed (a deadline that is over) may be negative, what is asked for may not.
  const double shortest = unknown_ == UnknownKeys::ignore ? -kLongestSeconds : 0.0;
  if (found >= shortest && found <= kLongestSeconds) {
    // Through whole nanoseconds: 0.1 must come back as 100 ms and not 1 ns less.
    return base::Duration(static_cast<std::int64_t>(std::llround(found * 1e9)));
  }
  fault(found < 0 ? fmt::format("{} s is less than zero", found)
                  : fmt::format("{} s is out of range 0 to {}", found, kLongestSeconds));
  return std::nullopt;
}

std::optional<base::MilliCelsius> DecodeState::celsius(const json::value& value) {
  const auto found = number(value);
  if (!found) return std::nullopt;
  if (std::abs(*found) > 1e6) {
    fault(fmt::format("{} is no temperature", *found));
    return std::nullopt;
  }
  return base::MilliCelsius{std::llround(*found * 1000.0)};
}

std::optional<std::string> DecodeState::string(const json::value& value) {
  if (const auto* found = value.if_string()) return std::string(*found);
  wrong_type("a string", value);
  return std::nullopt;
}

std::optional<base::ProcessId> DecodeState::process(const json::value& value) {
  const json::object* object = value.if_object();
  if (object == nullptr) {
    wrong_type("an object {\"pid\", \"start\"}", value);
    return std::nullopt;
  }
  const std::array<KnownKey, 2> known{KnownKey{"pid", "pid", ""}, KnownKey{"start", "start", ""}};
  check_keys(*object, known);
  std::optional<std::int64_t> pid;
  std::optional<std::uint64_t> start;
  if (const auto* found = object->if_contains("pid")) {
    in_key("pid", [&] { pid = whole(*found, 1, std::numeric_limits<std::int32_t>::max()); });
  }
  if (const auto* found = object->if_contains("start")) {
    in_key("start",
           [&] { start = whole_unsigned(*found, std::numeric_limits<std::uint64_t>::max()); });
  }
  if (pid && start) return base::ProcessId{static_cast<std::int32_t>(*pid), *start};
  if (!object->contains("pid") || !object->contains("start")) fault("needs both pid and start");
  return std::nullopt;
}

void DecodeState::unknown_word(std::string_view word, std::span<const std::string> known) {
  fault(fmt::format("\"{:.40}\" is none of {}{}", word, fmt::join(known, ", "),
                    did_you_mean(word, known)));
}

void DecodeState::check_keys(const json::object& object, std::span<const KnownKey> known) {
  if (unknown_ == UnknownKeys::ignore) return;
  for (const auto& member : object) {
    const std::string_view key = member.key();
    const bool is_known = std::any_of(known.begin(), known.end(),
                                      [&](const KnownKey& row) { return row.key == key; });
    if (is_known) continue;
    in_key(key, [&] { fault(describe_unknown_key(key.substr(0, 80), known), true); });
  }
}

}  // namespace m1opt::wire
