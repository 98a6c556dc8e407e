#include <charconv>
#include <chrono>

#include "ollama/answers.h"

namespace m1opt::ollama {

namespace {

constexpr std::int64_t kHundredYears = 100LL * 365 * 86400;

/// Exactly `digits` decimal digits; -1 otherwise.
int take_digits(std::string_view& text, std::size_t digits) {
  int value = 0;
  if (text.size() < digits) return -1;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// Seconds east of UTC; absent when it is no offset.
std::optional<int> take_offset(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) return 0;
  const bool west = !text.empty() && text.front() == '-';
  if (!west && (text.empty() || text.front() != '+')) return std::nullopt;
  text.remove_prefix(1);
  const int hours = take_digits(text, 2);
  const bool colon = take(text, ':');
  const int minutes = take_digits(text, 2);
  if (!colon || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  const int seconds = hours * 3600 + minutes * 60;
  return west ? -seconds : seconds;
}

}  // namespace

Result<Timestamp> parse_timestamp(std::string_view text) {
  const Error bad{Errc::parse, 0, "no RFC 3339 time"};
  const int year = take_digits(text, 4);
  if (year < 0 || !take(text, '-')) return bad;
  const int month = take_digits(text, 2);
  if (month < 0 || !take(text, '-')) return bad;
  const int day = take_digits(text, 2);
  if (day < 0 || !(take(text, 'T') || take(text, 't') || take(text, ' '))) return bad;
  const int hour = take_digits(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ':')) return bad;
  const int minute = take_digits(text, 2);
  if (minute < 0 || minute > 59 || !take(text, ':')) return bad;
  const int second = take_digits(text, 2);
  if (second < 0 || second > 60) return bad;
  Timestamp result;
  if (take(text, '.')) {
    int digits = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits) {
      // Beyond nanoseconds digits are dropped.
      if (digits < 9) result.nanoseconds = result.nanoseconds * 10 + (text.front() - '0');
      text.remove_prefix(1);
    }
    if (digits == 0) return bad;
    for (; digits < 9; ++digits) result.nanoseconds *= 10;
  }
  const auto offset = take_offset(text);
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!offset || !text.empty() || !date.ok()) return bad;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  result.seconds = days * 86400 + hour * 3600 + minute * 60 + second - *offset;
  return result;
}

bool is_never(const Timestamp& expiry, const Timestamp& now) {
  return expiry.seconds - now.seconds > kHundredYears;
}

}  // namespace m1opt::ollama
