#include "wire/config_merge.h"

#include <algorithm>
#include <optional>

namespace m1opt::wire {

namespace json = boost::json;

namespace {

bool is_named_list(std::string_view key) {
  return std::find(kNamedLists.begin(), kNamedLists.end(), key) != kNamedLists.end();
}

std::optional<std::size_t> find_row(const json::array& rows, std::string_view name) {
  if (name.empty()) return std::nullopt;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (name_of(rows[i]) == name) return i;
  }
  return std::nullopt;
}

json::value merge_values(const json::value& base, const json::value& overlay);

json::object merge_objects(const json::object& base, const json::object& overlay) {
  json::object merged = base;
  for (const auto& [key, value] : overlay) {
    const json::value* old = base.if_contains(key);
    merged[key] = old == nullptr ? value : merge_values(*old, value);
  }
  return merged;
}

json::value merge_values(const json::value& base, const json::value& overlay) {
  if (base.is_object() && overlay.is_object()) {
    return merge_objects(base.get_object(), overlay.get_object());
  }
  return overlay;
}

json::array merge_rows(const json::array& base, const json::array& overlay) {
  json::array merged = base;
  for (const json::value& row : overlay) {
    // Only rows of `base` are met: two rows of one name in one file stay two, and a fault.
    const auto old = find_row(base, name_of(row));
    if (old) {
      merged[*old] = merge_values(merged[*old], row);
    } else {
      merged.push_back(row);
    }
  }
  return merged;
}

const json::value* find(const json::value* value, std::string_view key) {
  const json::object* object = value == nullptr ? nullptr : value->if_object();
  return object == nullptr ? nullptr : object->if_contains(key);
}

const json::value* find_row(const json::value* rows, std::string_view name) {
  const json::array* array = rows == nullptr ? nullptr : rows->if_array();
  const auto index = array == nullptr ? std::nullopt : find_row(*array, name);
  return index ? &(*array)[*index] : nullptr;
}

/// 5 and 5.0 are one number.
bool is_same(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) return a.to_number<double>() == b.to_number<double>();
  return a == b;
}

/// A value that is left out of a user's file has its default.
bool is_changed(const json::value* own, const json::value* shipped) {
  if (own == nullptr) return false;
  return shipped == nullptr || !is_same(*own, *shipped);
}

void lay_over(json::value& into, const json::value* own, const json::value* shipped,
              const json::object& profile) {
  if (!into.is_object()) return;
  json::object& merged = into.get_object();
  for (const auto& [key, value] : profile) {
    const json::value* mine = find(own, key);
    const json::value* theirs = find(shipped, key);
    if (value.is_object()) {
      json::value& inner = merged[key];
      if (inner.is_null()) inner = json::object();
      lay_over(inner, mine, theirs, value.get_object());
    } else if (!is_changed(mine, theirs)) {
      merged[key] = value;
    }
  }
}

/// A row that the default has and the user's file has not was taken out by hand.
json::array lay_rows_over(const json::value* base, const json::value* own,
                          const json::value* shipped, const json::array& profile) {
  json::array merged = base != nullptr && base->is_array() ? base->get_array() : json::array();
  for (const json::value& row : profile) {
    const std::string_view name = name_of(row);
    const json::value* theirs = find_row(shipped, name);
    const auto index = find_row(merged, name);
    if (index && row.is_object()) {
      lay_over(merged[*index], find_row(own, name), theirs, row.get_object());
    } else if (!index && theirs == nullptr) {
      merged.push_back(row);
    }
  }
  return merged;
}

}  // namespace

std::string_view name_of(const json::value& row) {
  const json::value* name = find(&row, "name");
  return name != nullptr && name->is_string() ? std::string_view(name->get_string())
                                              : std::string_view();
}

json::value merge_config(const json::value& base, const json::value& overlay) {
  if (!base.is_object() || !overlay.is_object()) return overlay;
  json::object merged = base.get_object();
  for (const auto& [key, value] : overlay.get_object()) {
    const json::value* old = base.get_object().if_contains(key);
    if (old == nullptr) {
      merged[key] = value;
    } else if (is_named_list(key) && old->is_array() && value.is_array()) {
      merged[key] = merge_rows(old->get_array(), value.get_array());
    } else {
      merged[key] = merge_values(*old, value);
    }
  }
  return merged;
}

json::value merge_profile(const json::value& base, const json::value& own,
                          const json::value& shipped, const json::value& profile) {
  if (!base.is_object() || !profile.is_object()) return base;
  json::value merged = base;
  json::object plain;
  for (const auto& [key, value] : profile.get_object()) {
    if (is_named_list(key) && value.is_array()) {
      merged.get_object()[key] =
          lay_rows_over(find(&base, key), find(&own, key), find(&shipped, key), value.get_array());
    } else {
      plain[key] = value;
    }
  }
  lay_over(merged, &own, &shipped, plain);
  return merged;
}

}  // namespace m1opt::wire
