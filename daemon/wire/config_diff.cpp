#include "wire/config_diff.h"

#include <algorithm>

#include "wire/config_merge.h"
#include "wire/encode.h"
#include "wire/text.h"

namespace m1opt::wire {

namespace json = boost::json;

namespace {

constexpr const char* kNothing = "not there";

void compare(const std::string& path, const json::value& before, const json::value& after,
             std::vector<CommandChange>& changes);

bool has_names(const json::array& rows) {
  return !rows.empty() && std::all_of(rows.begin(), rows.end(), [](const json::value& row) {
    return !name_of(row).empty();
  });
}

const json::value* row_named(const json::array& rows, std::string_view name) {
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const json::value& row) { return name_of(row) == name; });
  return found == rows.end() ? nullptr : &*found;
}

void compare_rows(const std::string& path, const json::array& before, const json::array& after,
                  std::vector<CommandChange>& changes) {
  const auto place = [&](const json::value& row) {
    return path + "[" + std::string(name_of(row)) + "]";
  };
  for (const json::value& row : before) {
    const json::value* other = row_named(after, name_of(row));
    if (other == nullptr) {
      changes.push_back({place(row), "there", kNothing});
    } else {
      compare(place(row), row, *other, changes);
    }
  }
  for (const json::value& row : after) {
    if (row_named(before, name_of(row)) == nullptr) changes.push_back({place(row), kNothing, "there"});
  }
}

void compare(const std::string& path, const json::value& before, const json::value& after,
             std::vector<CommandChange>& changes) {
  if (before == after) return;
  if (before.is_object() && after.is_object()) {
    for (const auto& [key, value] : before.get_object()) {
      const json::value* other = after.get_object().if_contains(key);
      const std::string inner = path.empty() ? std::string(key) : path + "." + std::string(key);
      compare(inner, value, other == nullptr ? json::value() : *other, changes);
    }
    return;
  }
  const json::array* old = before.if_array();
  const json::array* fresh = after.if_array();
  if (old != nullptr && fresh != nullptr && has_names(*old) && has_names(*fresh)) {
    compare_rows(path, *old, *fresh, changes);
  } else if (old != nullptr && fresh != nullptr && old->size() == fresh->size() &&
             !old->front().is_string()) {
    for (std::size_t i = 0; i < old->size(); ++i) {
      compare(path + "[" + std::to_string(i) + "]", (*old)[i], (*fresh)[i], changes);
    }
  } else {
    changes.push_back({path, to_text(before), to_text(after)});
  }
}

}  // namespace

std::vector<CommandChange> find_changes(const model::Config& before, const model::Config& after) {
  std::vector<CommandChange> changes;
  compare({}, encode(before), encode(after), changes);
  return changes;
}

}  // namespace m1opt::wire
