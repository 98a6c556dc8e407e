#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

/// Small pieces of text parsing shared by the readers of /proc and /sys. None
/// of them allocates.
namespace m1opt::platform {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

inline std::string_view trim(std::string_view s) {
  while (!s.empty() && is_blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && (is_blank(s.back()) || s.back() == '\0')) s.remove_suffix(1);
  return s;
}

/// Removes and returns the first line, without its end.
inline std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// Removes and returns the first word; empty at the end.
inline std::string_view take_word(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  std::size_t n = 0;
  while (n < text.size() && !is_blank(text[n])) ++n;
  const auto word = text.substr(0, n);
  text.remove_prefix(n);
  return word;
}

/// The whole of `s` as a decimal number; absent when anything else is in it or
/// it does not fit.
template <std::integral Number>
std::optional<Number> parse_number(std::string_view s) {
  Number value{};
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  if (error != std::errc{} || end != s.data() + s.size() || s.empty()) return std::nullopt;
  return value;
}

/// The same with a decimal point. Not std::from_chars: libc++ has none for double.
inline std::optional<double> parse_decimal(std::string_view s) {
  std::array<char, 32> text{};  // strtod needs a zero at the end
  if (s.empty() || s.size() >= text.size()) return std::nullopt;
  if (s.find_first_not_of("0123456789.-") != std::string_view::npos) return std::nullopt;
  s.copy(text.data(), s.size());
  char* end = nullptr;
  const double value = std::strtod(text.data(), &end);
  if (end != text.data() + s.size()) return std::nullopt;
  return value;
}

}  // namespace m1opt::platform
