#include "wire/config_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <utility>

#include "wire/config_check.h"
#include "wire/decode.h"
#include "wire/encode.h"
#include "wire/json_source.h"
#include "wire/text.h"

namespace m1opt::wire {

namespace json = boost::json;

namespace {

constexpr std::string_view kSchemaKey = "$schema";
constexpr std::array<std::string_view, 3> kNamedLists{"workloads", "targets", "rules"};

bool is_named_list(std::string_view key) {
  return std::find(kNamedLists.begin(), kNamedLists.end(), key) != kNamedLists.end();
}

std::string_view name_of(const json::value& row) {
  const json::object* object = row.if_object();
  const json::value* name = object == nullptr ? nullptr : object->if_contains("name");
  return name != nullptr && name->is_string() ? std::string_view(name->get_string())
                                              : std::string_view();
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

struct Parsed {
  const ConfigSource* source;
  json::value value;
};

ConfigFault fault_at(const ConfigSource& source, const Fault& fault) {
  const Found found = locate(source.text, fault.path);
  const Position at =
      position_at(source.text, fault.at_key || !found.exact ? found.key : found.value);
  return {source.name, at.line, at.column, fault.path, fault.text};
}

/// Syntax, types and keys of one source for itself.
std::optional<json::value> parse_one(const ConfigSource& source, std::vector<ConfigFault>& faults) {
  json::parse_options options;
  options.allow_comments = true;
  options.allow_trailing_commas = true;
  auto parsed = parse_source(source.text, options);
  if (!parsed) {
    const SourceError& error = parsed.error();
    faults.push_back({source.name, error.at.line, error.at.column, "$", error.text});
    return std::nullopt;
  }
  if (const auto twice = find_duplicate_key(source.text)) {
    const Position at = position_at(source.text, twice->offset);
    faults.push_back({source.name, at.line, at.column, twice->path, "is given twice"});
    return std::nullopt;
  }
  json::value value = *std::move(parsed);
  if (json::object* object = value.if_object()) object->erase(kSchemaKey);
  model::Config ignored;
  const auto wrong = decode(value, ignored);
  for (const Fault& fault : wrong) faults.push_back(fault_at(source, fault));
  if (!wrong.empty()) return std::nullopt;
  return value;
}

/// A path of the merged document as this source would write it: its rows stand
/// at other places. Empty when the source has no such row.
std::string path_in(const json::value& source, const json::value& merged, const std::string& path) {
  for (const std::string_view list : kNamedLists) {
    const std::string prefix = fmt::format("$.{}[", list);
    if (!path.starts_with(prefix)) continue;
    const std::size_t end = path.find(']');
    const std::size_t index = std::stoul(path.substr(prefix.size(), end - prefix.size()));
    const std::string_view name = name_of(merged.at(list).as_array().at(index));
    const json::value* rows = source.as_object().if_contains(list);
    if (rows == nullptr) return {};
    // From the end: of two rows with one name the later one is the fault.
    const json::array& own = rows->as_array();
    for (std::size_t i = own.size(); i-- > 0;) {
      if (name_of(own[i]) == name) return fmt::format("{}{}{}", prefix, i, path.substr(end));
    }
    return {};
  }
  return path;
}

ConfigFault blame(const std::vector<Parsed>& sources, const json::value& merged,
                  const Fault& fault) {
  std::optional<ConfigFault> outer;
  for (std::size_t i = sources.size(); i-- > 0;) {
    Fault own = fault;
    own.path = path_in(sources[i].value, merged, fault.path);
    if (own.path.empty()) continue;
    const ConfigFault placed = fault_at(*sources[i].source, own);
    if (locate(sources[i].source->text, own.path).exact) return placed;
    if (!outer) outer = placed;  // has the row, but leaves this key to its default
  }
  return outer ? *outer : fault_at(*sources.back().source, fault);
}

}  // namespace

std::string to_string(const ConfigFault& fault) {
  return fmt::format("{}:{}:{}: {}: {}", fault.file, fault.line, fault.column, fault.path,
                     fault.text);
}

std::string to_string(const ConfigFaults& faults) {
  std::string lines;
  for (const ConfigFault& fault : faults.list) {
    if (!lines.empty()) lines += '\n';
    lines += to_string(fault);
  }
  return lines;
}

void throw_exception_from_error(const ConfigFaults& faults, const boost::source_location&) {
  throw std::runtime_error(to_string(faults));
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

ConfigResult parse_config(std::span<const ConfigSource> sources,
                          std::span<const KnownMetric> metrics) {
  std::vector<ConfigFault> faults;
  std::vector<Parsed> parsed;
  json::value merged = json::object();
  for (const ConfigSource& source : sources) {
    auto value = parse_one(source, faults);
    if (!value) continue;
    merged = merge_config(merged, *value);
    parsed.push_back({&source, *std::move(value)});
  }
  if (!faults.empty()) return ConfigFaults{std::move(faults)};
  model::Config config;
  std::vector<Fault> wrong = decode(merged, config);
  if (wrong.empty()) wrong = check_config(config, metrics);
  if (wrong.empty()) return config;
  for (const Fault& fault : wrong) {
    faults.push_back(parsed.empty() ? ConfigFault{"built-in defaults", 1, 1, fault.path, fault.text}
                                    : blame(parsed, merged, fault));
  }
  return ConfigFaults{std::move(faults)};
}

ConfigResult parse_config(std::string_view text, std::string_view name,
                          std::span<const KnownMetric> metrics) {
  const std::array<ConfigSource, 1> one{ConfigSource{std::string(name), std::string(text)}};
  return parse_config(one, metrics);
}

std::string config_to_text(const model::Config& config) { return to_pretty_text(encode(config)); }

}  // namespace m1opt::wire
