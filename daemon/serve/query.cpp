#include "serve/query.h"

#include <fmt/format.h>

#include <charconv>

#include "wire/decode.h"

namespace m1opt::serve {

using wire::make_problem;
using wire::ProblemCode;

QueryResult<std::optional<std::int64_t>> whole_number(const Call& call, std::string_view name,
                                                      std::int64_t low, std::int64_t high) {
  const std::string_view text = call.query_value(name);
  if (text.empty()) return std::optional<std::int64_t>{};
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size() || number < low || number > high) {
    return make_problem(ProblemCode::unprocessable,
                        fmt::format("{} is no number from {} to {}", name, low, high));
  }
  return std::optional(number);
}

QueryResult<std::optional<WallTime>> wall_time(const Call& call, std::string_view name) {
  constexpr std::int64_t kEnd = 7'258'118'400'000;  // 2200
  const std::string_view text = call.query_value(name);
  if (text.empty()) return std::optional<WallTime>{};
  const auto time = wire::parse_rfc3339(text);
  if (!time || milliseconds_of(*time) < 0 || milliseconds_of(*time) >= kEnd) {
    return make_problem(ProblemCode::unprocessable,
                        fmt::format("{} is \"{:.40}\", which is no time in UTC", name, text),
                        "Write it as 2026-08-01T10:11:12Z");
  }
  return std::optional(*time);
}

}  // namespace m1opt::serve
