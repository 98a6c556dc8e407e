#include "settings/parts.h"

#include <algorithm>

#include "platform/text.h"

namespace m1opt::settings {

namespace {

bool has(const Reading& reading, const std::string& name, const std::string& value) {
  if (!reading) return false;
  const Parts parts = parts_of(reading->text);
  if (parts.empty()) return reading->text == value;
  const auto part = parts.find(name);
  return part != parts.end() && part->second == value;
}

}  // namespace

Parts parts_of(std::string_view text) {
  Parts parts;
  while (!text.empty()) {
    const std::string_view word = platform::take_word(text);
    const std::size_t equals = word.find('=');
    if (equals != std::string_view::npos) parts.emplace(word.substr(0, equals), word.substr(equals + 1));
  }
  return parts;
}

bool is_half_done(const Reading& now, const Reading& before, const Reading& set) {
  if (!now) return false;
  const Parts parts = parts_of(now->text);
  return !parts.empty() && std::all_of(parts.begin(), parts.end(), [&](const auto& part) {
    return has(before, part.first, part.second) || has(set, part.first, part.second);
  });
}

}  // namespace m1opt::settings
