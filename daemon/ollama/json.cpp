#include "ollama/json.h"

#include <boost/json.hpp>
#include <limits>
#include <string>
#include <utility>

namespace m1opt::ollama {

namespace {

constexpr std::size_t kDepth = 32;

Error wrong(const std::string& where, std::string_view key, const char* what) {
  return {Errc::parse, 0, where + "." + std::string(key) + ": " + what};
}

}  // namespace

Result<boost::json::value> parse_value(std::string_view text, std::size_t most) {
  if (text.size() > most) {
    return Error{Errc::parse, 0, "the answer is larger than " + std::to_string(most >> 20U) + " MiB"};
  }
  boost::json::parse_options options;
  options.max_depth = kDepth;
  boost::system::error_code code;
  auto value = boost::json::parse(text, code, {}, options);
  if (code) return Error{Errc::parse, 0, "no JSON: " + code.message()};
  return value;
}

Result<boost::json::object> parse_object(std::string_view text, std::size_t most) {
  auto value = parse_value(text, most);
  if (!value) return value.error();
  if (!value->is_object()) return Error{Errc::parse, 0, "$: not an object"};
  return std::move(value->get_object());
}

Result<std::optional<std::string>> read_string(const boost::json::object& object,
                                               std::string_view key, const std::string& where) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return std::optional<std::string>{};
  if (!value->is_string()) return wrong(where, key, "not a string");
  const auto& text = value->get_string();
  return std::optional<std::string>(std::in_place, text.data(), text.size());
}

Result<std::optional<std::int64_t>> read_integer(const boost::json::object& object,
                                                 std::string_view key, const std::string& where) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return std::optional<std::int64_t>{};
  if (value->is_int64() && value->get_int64() >= 0) return std::optional(value->get_int64());
  // Below 2^53 every whole number is exact in a double.
  constexpr double kExact = 9007199254740992.0;
  if (value->is_double()) {
    const double number = value->get_double();
    if (number >= 0 && number < kExact &&
        number == static_cast<double>(static_cast<std::int64_t>(number))) {
      return std::optional(static_cast<std::int64_t>(number));
    }
  }
  return wrong(where, key, "not a whole number from 0");
}

}  // namespace m1opt::ollama
