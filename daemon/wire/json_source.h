#pragma once

#include <boost/json/parse_options.hpp>
#include <boost/json/value.hpp>
#include <boost/system/result.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// JSON as a text with lines and columns, so that a fault in a value can point
/// at the place where it was written. Understands what parse_options allow:
/// comments and trailing commas.
namespace m1opt::wire {

/// Both from 1; a column is one character, not one byte.
struct Position {
  std::size_t line{1};
  std::size_t column{1};

  bool operator==(const Position&) const = default;
};

struct SourceError {
  Position at;
  std::string text;
};
[[noreturn]] void throw_exception_from_error(const SourceError& error,
                                             const boost::source_location&);

Position position_at(std::string_view text, std::size_t offset);

/// Parses; the error says where, and says so when the text merely ends too early.
boost::system::result<boost::json::value, SourceError> parse_source(
    std::string_view text, const boost::json::parse_options& options);

/// Adds ".key" (["odd key"] when it is no plain word) or "[index]" to a path.
void append_key(std::string& path, std::string_view key);
void append_index(std::string& path, std::size_t index);

struct Found {
  std::size_t key;  ///< offset of the key, or of the value where there is none
  std::size_t value;
  bool exact;  ///< false: only an outer value is in the text; the offsets are its
};

/// Where the value at `path` ("$.rules[0].metric") stands. The text must parse.
Found locate(std::string_view text, std::string_view path);

struct DuplicateKey {
  std::string path;
  std::size_t offset;  ///< of the second one
};
/// The first key that an object holds twice: the parser would silently take the last.
std::optional<DuplicateKey> find_duplicate_key(std::string_view text);

}  // namespace m1opt::wire
