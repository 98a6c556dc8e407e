#include "settings/parts.h"

#include <algorithm>
#include <optional>

#include "platform/text.h"

namespace m1opt::settings {

namespace {

std::optional<std::string> value_in(const Value& value, const std::string& name) {
  const Parts parts = parts_of(value.text);
  if (parts.empty()) return value.text;
  const auto part = parts.find(name);
  return part == parts.end() ? std::nullopt : std::optional(part->second);
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

std::string text_of(const Parts& parts) {
  std::string text;
  for (const auto& [name, value] : parts) {
    text += (text.empty() ? "" : " ") + name;
    text += '=' + value;
  }
  return text;
}

Standing standing_of(const Look& now, const Reading& before, const Reading& set) {
  if (now.parts.empty() || !before || !set) {
    return {same(now.reading, before), same(now.reading, set), {}, {}, {}};
  }
  Standing standing{true, true, {}, {}, {}};
  for (const auto& [name, value] : now.parts) {
    const auto was = value_in(*before, name);
    if (!was) continue;
    const bool is_set = value_in(*set, name) == value;
    standing.as_before = standing.as_before && value == *was;
    standing.as_set = standing.as_set && is_set;
    if (value == *was) continue;
    if (is_set) {
      standing.ours.emplace(name, *was);
    } else {
      standing.others.emplace(name, value);
    }
  }
  for (const auto& [name, was] : parts_of(before->text)) {
    if (!now.parts.contains(name)) standing.absent.emplace(name, was);
  }
  return standing;
}

bool agree(const Parts& there, const Parts& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&there](const auto& part) {
    const auto found = there.find(part.first);
    return found == there.end() || found->second == part.second;
  });
}

std::string left_over(const Standing& standing, const Reading& set) {
  std::string text;
  if (!standing.others.empty()) text = text_of(standing.others) + " is not what m1opt set, left as it is";
  if (standing.absent.empty()) return text;
  if (!text.empty()) text += "; ";
  return text + "not there now, so not put back: " + text_of(standing.absent) + ", which may come back as " +
         text_of(set);
}

}  // namespace m1opt::settings
