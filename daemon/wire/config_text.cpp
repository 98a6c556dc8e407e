#include "wire/config_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <utility>

#include "wire/config_check.h"
#include "wire/config_merge.h"
#include "wire/decode.h"
#include "wire/default_config.h"
#include "wire/encode.h"
#include "wire/json_source.h"
#include "wire/text.h"

namespace m1opt::wire {

namespace json = boost::json;

namespace {

constexpr std::string_view kSchemaKey = "$schema";
json::parse_options config_syntax() {
  json::parse_options options;
  options.allow_comments = true;
  options.allow_trailing_commas = true;
  return options;
}

/// The default as a document; it is ours, so it parses.
const json::value& shipped_config() {
  static const json::value shipped = parse_source(kDefaultConfig, config_syntax()).value();
  return shipped;
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
  auto parsed = parse_source(source.text, config_syntax());
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

struct Merged {
  json::value whole;
  std::vector<Parsed> sources;
};

Merged merge_sources(std::span<const ConfigSource> sources, std::span<const ConfigSource> profiles,
                     std::vector<ConfigFault>& faults) {
  Merged merged{json::object(), {}};
  const auto add = [&](const ConfigSource& source, auto merge) {
    auto value = parse_one(source, faults);
    if (!value) return;
    merged.whole = merge(*value);
    merged.sources.push_back({&source, *std::move(value)});
  };
  for (std::size_t i = 0; i < sources.size(); ++i) {
    add(sources[i], [&](const json::value& value) { return merge_config(merged.whole, value); });
    if (i > 0 || profiles.empty()) continue;
    const json::value own = merged.whole;
    for (const ConfigSource& profile : profiles) {
      add(profile, [&](const json::value& value) {
        return merge_profile(merged.whole, own, shipped_config(), value);
      });
    }
  }
  return merged;
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

ConfigResult parse_config(std::span<const ConfigSource> sources,
                          std::span<const KnownMetric> metrics) {
  return parse_config(sources, {}, metrics);
}

ConfigResult parse_config(std::span<const ConfigSource> sources,
                          std::span<const ConfigSource> profiles,
                          std::span<const KnownMetric> metrics) {
  std::vector<ConfigFault> faults;
  const auto [merged, parsed] = merge_sources(sources, profiles, faults);
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

std::optional<model::Config> preview_config(std::span<const ConfigSource> sources,
                                            std::span<const ConfigSource> profiles) {
  std::vector<ConfigFault> faults;
  const Merged merged = merge_sources(sources, profiles, faults);
  model::Config config;
  if (!faults.empty() || !decode(merged.whole, config).empty()) return std::nullopt;
  return config;
}

std::string find_profile_wish(std::span<const ConfigSource> sources) {
  std::string wish = "auto";
  for (const ConfigSource& source : sources) {
    const auto value = parse_source(source.text, config_syntax());
    const json::object* object = value ? value->if_object() : nullptr;
    const json::value* own = object == nullptr ? nullptr : object->if_contains("profile");
    if (own != nullptr && own->is_string()) wish = std::string_view(own->get_string());
  }
  return wish;
}

ConfigResult parse_config(std::string_view text, std::string_view name,
                          std::span<const KnownMetric> metrics) {
  const std::array<ConfigSource, 1> one{ConfigSource{std::string(name), std::string(text)}};
  return parse_config(one, metrics);
}

std::string config_to_text(const model::Config& config) { return to_pretty_text(encode(config)); }

}  // namespace m1opt::wire
