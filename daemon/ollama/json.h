#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

/// Lenient access to JSON that somebody else writes.
namespace m1opt::ollama {

using namespace m1opt::base;

/// Of an answer with all lists of a vocabulary in it.
inline constexpr std::size_t kLargestAnswer = 64U << 20U;
inline constexpr std::size_t kUsualAnswer = 4U << 20U;

/// At most so many bytes, and 32 levels deep.
Result<boost::json::value> parse_value(std::string_view text, std::size_t most = kUsualAnswer);
Result<boost::json::object> parse_object(std::string_view text, std::size_t most = kUsualAnswer);

/// Absent or null: nothing. Another type: `parse`, naming `where` and the key.
Result<std::optional<std::string>> read_string(const boost::json::object& object,
                                               std::string_view key, const std::string& where);
/// Not negative; a number with a fraction of zero (1e9) counts as whole.
Result<std::optional<std::int64_t>> read_integer(const boost::json::object& object,
                                                 std::string_view key, const std::string& where);

}  // namespace m1opt::ollama
