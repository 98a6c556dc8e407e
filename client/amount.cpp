#include "client/amount.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/clock.h"

namespace m1opt::client {
namespace {

/// Takes a decimal number off the front; nothing when there is none. Not
/// std::from_chars: Apple's library has none for double.
std::optional<double> take_number(std::string_view& text) {
  const std::string digits(text.substr(0, text.find_first_not_of("0123456789.")));
  if (digits.empty() || digits.size() > 15) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(digits.c_str(), &end);
  if (*end != '\0') return std::nullopt;
  text.remove_prefix(digits.size());
  return value;
}

std::optional<double> seconds_of_unit(char unit) {
  switch (unit) {
    case 's': return 1;
    case 'm': return 60;
    case 'h': return 3600;
    case 'd': return 86400;
    default: return std::nullopt;
  }
}

Failure not_an_amount(std::string_view text, std::string_view kind, std::string_view examples) {
  return {exit_code::kUsage, fmt::format("\"{}\" is not a {}", text, kind),
          fmt::format("Write it like {}", examples)};
}

}  // namespace

Expected<double> parse_duration(std::string_view text) {
  const Failure bad = not_an_amount(text, "duration above zero", "45s, 30m, 8h or 1h30m");
  double total = 0;
  std::string_view rest = text;
  if (rest.empty()) return bad;
  while (!rest.empty()) {
    const auto number = take_number(rest);
    if (!number) return bad;
    if (rest.empty()) {
      // A bare number is seconds, but not behind a unit: 1h30 could mean either.
      if (total > 0) return bad;
      total = *number;
      break;
    }
    const auto unit = seconds_of_unit(rest.front());
    if (!unit) return bad;
    total += *number * *unit;
    rest.remove_prefix(1);
  }
  if (!(total > 0)) return bad;
  return total;
}

std::string time_before(double seconds) {
  const auto now = std::chrono::system_clock::now();
  const double since_1970 = std::chrono::duration<double>(now.time_since_epoch()).count();
  return base::to_rfc3339({now - std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                     std::chrono::duration<double>(std::min(seconds, since_1970)))});
}

Expected<std::int64_t> parse_ram(std::string_view word) {
  constexpr double kLeast = 512.0 * 1024 * 1024;
  constexpr double kMost = 1024.0 * 1024 * 1024 * 1024 * 1024;
  const Failure bad{exit_code::kUsage, fmt::format("\"{}\" is no amount of RAM from 512 MiB to 1024 TiB", word),
                    "Like: 16 or 16G for 16 GiB, 1.5T, 16384M"};
  std::string_view rest = word;
  const auto number = take_number(rest);
  if (!number) return bad;
  constexpr std::string_view kUnits = "KMGT";
  std::size_t power = kUnits.find('G');
  if (!rest.empty()) {
    power = kUnits.find(static_cast<char>(std::toupper(static_cast<unsigned char>(rest.front()))));
    rest.remove_prefix(1);
    if (power == std::string_view::npos || !(rest.empty() || rest == "B" || rest == "iB" || rest == "b" || rest == "ib")) return bad;
  }
  const double bytes = *number * std::pow(1024.0, static_cast<double>(power + 1));
  if (bytes < kLeast || bytes > kMost) return bad;
  return static_cast<std::int64_t>(bytes);
}

std::optional<double> parse_decimal(std::string_view word) {
  const auto number = take_number(word);
  return word.empty() ? number : std::nullopt;
}

}  // namespace m1opt::client
