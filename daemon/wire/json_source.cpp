#include "wire/json_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>
#include <set>
#include <stdexcept>
#include <vector>

namespace m1opt::wire {

namespace json = boost::json;

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_plain_word(std::string_view key) {
  if (key.empty()) return false;
  return std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '$';
  });
}

/// The decoded text of a string token with its quotes.
std::string unquote(std::string_view token) {
  boost::system::error_code failed;
  const json::value value = json::parse(json::string_view(token), failed);
  if (failed || !value.is_string()) return {};
  return std::string(value.get_string());
}

/// Steps over tokens of a text that is known to parse; never past its end.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) { skip_blank(); }

  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void step() {
    if (at_ < text_.size()) ++at_;
    skip_blank();
  }

  /// Blanks and comments.
  void skip_blank() {
    for (;;) {
      while (at_ < text_.size() && is_space(text_[at_])) ++at_;
      if (text_.substr(at_, 2) == "//") {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.substr(at_, 2) == "/*") {
        const std::size_t end = text_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? text_.size() : end + 2;
      } else {
        return;
      }
    }
  }

  /// At a quote: the whole token, and on to what follows it.
  std::string_view take_string() {
    const std::size_t start = at_++;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    at_ = std::min(at_ + 1, text_.size());
    const std::string_view token = text_.substr(start, at_ - start);
    skip_blank();
    return token;
  }

  void skip_scalar() {
    if (peek() == '"') {
      take_string();
      return;
    }
    while (at_ < text_.size() && !is_space(text_[at_]) &&
           std::string_view(",:[]{}/").find(text_[at_]) == std::string_view::npos) {
      ++at_;
    }
    skip_blank();
  }

  void skip_value() {
    int depth = 0;
    do {
      const char c = peek();
      if (c == '\0') return;
      if (c == '{' || c == '[') {
        ++depth;
        step();
      } else if (c == '}' || c == ']') {
        --depth;
        step();
      } else if (c == ',' || c == ':') {
        step();
      } else {
        const std::size_t before = at_;
        skip_scalar();
        if (at_ == before) step();
      }
    } while (depth > 0);
  }

 private:
  std::string_view text_;
  std::size_t at_{0};
};

struct Step {
  std::string key;
  std::size_t index{0};
  bool is_index{false};
};

std::vector<Step> steps_of(std::string_view path) {
  std::vector<Step> steps;
  std::size_t at = path.starts_with('$') ? 1 : 0;
  while (at < path.size()) {
    if (path[at] == '.') {
      const std::size_t end = std::min(path.find_first_of(".[", at + 1), path.size());
      steps.push_back({std::string(path.substr(at + 1, end - at - 1)), 0, false});
      at = end;
    } else if (path.substr(at, 2) == "[\"") {
      Cursor token(path.substr(at + 1));
      const std::string_view quoted = token.take_string();
      steps.push_back({unquote(quoted), 0, false});
      at += quoted.size() + 2;
    } else {
      std::size_t index = 0;
      for (++at; at < path.size() && path[at] != ']'; ++at) {
        index = index * 10 + static_cast<std::size_t>(path[at] - '0');
      }
      ++at;
      steps.push_back({{}, index, true});
    }
  }
  return steps;
}

/// From the start of an object to the value of `key`; fills `found` on success.
bool enter_member(Cursor& cursor, const std::string& key, Found& found) {
  if (cursor.peek() != '{') return false;
  cursor.step();
  while (cursor.peek() == '"') {
    const std::size_t start = cursor.at();
    const bool wanted = unquote(cursor.take_string()) == key;
    if (cursor.peek() == ':') cursor.step();
    if (wanted) {
      found.key = start;
      found.value = cursor.at();
      return true;
    }
    cursor.skip_value();
    if (cursor.peek() == ',') cursor.step();
  }
  return false;
}

bool enter_element(Cursor& cursor, std::size_t index, Found& found) {
  if (cursor.peek() != '[') return false;
  cursor.step();
  for (std::size_t i = 0; cursor.peek() != ']' && cursor.peek() != '\0'; ++i) {
    if (i == index) {
      found.key = found.value = cursor.at();
      return true;
    }
    cursor.skip_value();
    if (cursor.peek() == ',') cursor.step();
  }
  return false;
}

struct Level {
  bool is_object{false};
  std::set<std::string> keys;
  std::string path;
  std::size_t index{0};
};

/// Where the parser gives up, found by trying. What it says itself is no place in the text when the
/// fault is at the beginning of a comment: Boost 1.81 then subtracts unrelated pointers.
std::size_t fault_offset(std::string_view text, const json::parse_options& options) {
  std::size_t good = 0;            // so many bytes can begin a document
  std::size_t bad = text.size();   // so many cannot
  while (good + 1 < bad) {
    const std::size_t middle = good + (bad - good) / 2;
    json::stream_parser parser({}, options);
    boost::system::error_code failed;
    parser.write_some(text.data(), middle, failed);
    (failed ? bad : good) = middle;
  }
  return good;
}

std::string excerpt(std::string_view text, std::size_t offset) {
  const std::string_view rest = text.substr(offset, 24);
  return std::string(rest.substr(0, rest.find_first_of("\r\n")));
}

}  // namespace

void throw_exception_from_error(const SourceError& error, const boost::source_location&) {
  throw std::runtime_error(error.text);
}

Position position_at(std::string_view text, std::size_t offset) {
  Position position;
  for (std::size_t i = 0; i < std::min(offset, text.size()); ++i) {
    if (text[i] == '\n') {
      ++position.line;
      position.column = 1;
    } else if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) {
      ++position.column;  // continuation bytes of UTF-8 are part of one character
    }
  }
  return position;
}

boost::system::result<json::value, SourceError> parse_source(std::string_view text,
                                                             const json::parse_options& options) {
  json::stream_parser parser({}, options);
  boost::system::error_code failed;
  const std::size_t consumed = parser.write_some(text.data(), text.size(), failed);
  if (failed) {
    const std::size_t offset = consumed <= text.size() ? consumed : fault_offset(text, options);
    const std::string near = excerpt(text, offset);
    return SourceError{position_at(text, offset),
                       near.empty() ? fmt::format("{} at the end of the line", failed.message())
                                    : fmt::format("{} at: {}", failed.message(), near)};
  }
  if (consumed < text.size()) {
    return SourceError{position_at(text, consumed),
                       "more text after the end of the document: " + excerpt(text, consumed)};
  }
  parser.finish(failed);
  if (failed) {
    return SourceError{position_at(text, text.size()),
                       text.empty() ? "it is empty" : "it ends too early: is it cut off?"};
  }
  return parser.release();
}

void append_key(std::string& path, std::string_view key) {
  if (is_plain_word(key)) {
    path.append(1, '.').append(key);
  } else {
    path.append("[").append(json::serialize(json::string_view(key))).append("]");
  }
}

void append_index(std::string& path, std::size_t index) {
  path.append("[").append(std::to_string(index)).append("]");
}

Found locate(std::string_view text, std::string_view path) {
  Cursor cursor(text);
  Found found{cursor.at(), cursor.at(), true};
  for (const Step& step : steps_of(path)) {
    const bool entered = step.is_index ? enter_element(cursor, step.index, found)
                                       : enter_member(cursor, step.key, found);
    if (!entered) {
      found.exact = false;
      return found;
    }
  }
  return found;
}

std::optional<DuplicateKey> find_duplicate_key(std::string_view text) {
  Cursor cursor(text);
  std::vector<Level> levels;
  std::string path = "$";
  while (cursor.peek() != '\0') {
    const char c = cursor.peek();
    if (c == '{' || c == '[') {
      levels.push_back({c == '{', {}, path, 0});
      if (c == '[') append_index(path, 0);
      cursor.step();
    } else if (c == '}' || c == ']') {
      if (!levels.empty()) levels.pop_back();
      cursor.step();
    } else if (c == ',') {
      if (!levels.empty() && !levels.back().is_object) {
        path = levels.back().path;
        append_index(path, ++levels.back().index);
      }
      cursor.step();
    } else if (c == '"') {
      const std::size_t start = cursor.at();
      const std::string_view token = cursor.take_string();
      if (cursor.peek() != ':') continue;
      cursor.step();
      if (levels.empty()) continue;
      const std::string key = unquote(token);
      path = levels.back().path;
      append_key(path, key);
      if (!levels.back().keys.insert(key).second) return DuplicateKey{path, start};
    } else {
      const std::size_t before = cursor.at();
      cursor.skip_scalar();
      if (cursor.at() == before) cursor.step();
    }
  }
  return std::nullopt;
}

}  // namespace m1opt::wire
