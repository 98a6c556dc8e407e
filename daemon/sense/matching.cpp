#include "sense/matching.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace m1opt::sense {

namespace {

constexpr std::string_view kDeleted = " (deleted)";

bool is_path_glob(std::string_view pattern) { return pattern.find('/') != std::string_view::npos; }

/// One element of a glob against one byte. `length` is how much of the pattern
/// the element takes.
bool matches_one(std::string_view pattern, char c, std::size_t& length) {
  length = 1;
  if (pattern.front() == '?') return true;
  if (pattern.front() == '\\' && pattern.size() > 1) {
    length = 2;
    return pattern[1] == c;
  }
  if (pattern.front() != '[') return pattern.front() == c;
  std::size_t i = 1;
  const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool found = false;
  // A ']' that comes first stands for itself.
  for (bool first = true; i < pattern.size() && (first || pattern[i] != ']'); first = false) {
    const char low = pattern[i];
    char high = low;
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      high = pattern[i + 2];
      i += 2;
    }
    const auto byte = static_cast<unsigned char>(c);
    found = found ||
            (byte >= static_cast<unsigned char>(low) && byte <= static_cast<unsigned char>(high));
    ++i;
  }
  if (i >= pattern.size()) return c == '[';  // never closed: a plain '['
  length = i + 1;
  return found != negated;
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const auto begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const auto end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

bool stands_at(const std::vector<std::string_view>& words,
               const std::vector<std::string>& arguments, std::size_t at) {
  if (words.empty() || at + words.size() > arguments.size()) return false;
  if (arguments[at] != words[0] && base_name(arguments[at]) != words[0]) return false;
  return std::equal(words.begin() + 1, words.end(),
                    arguments.begin() + static_cast<std::ptrdiff_t>(at) + 1);
}

}  // namespace

bool is_deleted(std::string_view path) {
  return path.size() > kDeleted.size() && path.substr(path.size() - kDeleted.size()) == kDeleted;
}

std::string_view without_deleted(std::string_view path) {
  return is_deleted(path) ? path.substr(0, path.size() - kDeleted.size()) : path;
}

bool matches_glob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  // Where to go on when the last '*' has to take one byte more. Only the last
  // one need be tried again, so the time is at most the product of both lengths.
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
      continue;
    }
    std::size_t length = 0;
    if (p < pattern.size() && matches_one(pattern.substr(p), text[t], length)) {
      p += length;
      ++t;
      continue;
    }
    if (star == std::string_view::npos) return false;
    p = star + 1;
    t = ++star_text;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool matches_executable(std::string_view pattern, std::string_view path) {
  if (pattern.empty() || path.empty() || is_deleted(path)) return false;
  if (is_path_glob(pattern)) return matches_glob(pattern, path);
  return base_name(path) == pattern;
}

bool matches_any_executable(const std::vector<std::string>& patterns, std::string_view path) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches_executable(pattern, path); });
}

bool matches_arguments(const std::vector<std::string>& sequences,
                       const std::vector<std::string>& arguments) {
  for (const auto& sequence : sequences) {
    const auto words = split_words(sequence);
    for (std::size_t at = 1; at < arguments.size(); ++at) {
      if (stands_at(words, arguments, at)) return true;
      const auto& argument = arguments[at];
      if (argument.empty() || argument.front() != '-' || argument == "-" || argument == "--") break;
      if (argument == "-X" || argument == "-W") ++at;
    }
  }
  return false;
}

std::optional<int> port_of(const std::vector<std::string>& arguments) {
  constexpr std::string_view kOption = "--port";
  std::optional<int> port;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    std::string_view text = arguments[i];
    if (!text.starts_with(kOption)) continue;
    text.remove_prefix(kOption.size());
    if (text.empty() && i + 1 < arguments.size()) {
      text = arguments[i + 1];
    } else if (text.starts_with('=')) {
      text.remove_prefix(1);
    } else {
      continue;
    }
    int number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = code == std::errc{} && end == text.data() + text.size();
    port = whole && number > 0 && number < 65536 ? std::optional(number) : std::nullopt;
  }
  return port;
}

bool is_system_path(std::string_view path) {
  constexpr std::array<std::string_view, 8> kPlaces{"/usr/bin/",     "/usr/sbin/", "/usr/lib/",
                                                    "/usr/libexec/", "/bin/",      "/sbin/",
                                                    "/lib/",         "/System/"};
  return std::any_of(kPlaces.begin(), kPlaces.end(),
                     [&](std::string_view place) { return path.substr(0, place.size()) == place; });
}

TargetMatch match_target(const TargetConfig& target, std::string_view path, std::uint32_t owner,
                         std::uint32_t own_uid) {
  auto found = TargetMatch::none;
  const auto existing = without_deleted(path);
  for (const auto& pattern : target.executables) {
    if (!matches_executable(pattern, existing)) continue;
    if (is_deleted(path)) return TargetMatch::deleted;
    if (is_path_glob(pattern) || owner == own_uid || is_system_path(path))
      return TargetMatch::matched;
    found = TargetMatch::foreign;
  }
  return found;
}

}  // namespace m1opt::sense
