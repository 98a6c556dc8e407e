#pragma once

#include <boost/json/value.hpp>
#include <boost/system/result.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/config.h"
#include "model/metric.h"
#include "model/profile.h"

/// The configuration as text: JSON with // and /* */ comments and trailing commas.
namespace m1opt::wire {

/// One place in a configuration file and what is wrong there.
struct ConfigFault {
  std::string file;
  std::size_t line{1};
  std::size_t column{1};
  std::string path;  ///< "$.rules[0].metrc"
  std::string text;

  bool operator==(const ConfigFault&) const = default;
};

/// "m1opt.json:12:7: $.rules[0].metrc: unknown key \"metrc\"; ..."
std::string to_string(const ConfigFault& fault);

/// Never empty. In the order of the files, and of the struct's members in one.
struct ConfigFaults {
  std::vector<ConfigFault> list;
};
/// One fault a line.
std::string to_string(const ConfigFaults& faults);
[[noreturn]] void throw_exception_from_error(const ConfigFaults& faults,
                                             const boost::source_location&);

using ConfigResult = boost::system::result<model::Config, ConfigFaults>;

/// A file or anything else with a name: the default, a profile, a conf.d drop-in.
using ConfigSource = model::ConfigText;

using model::KnownMetric;

/// One file over the defaults of model/config.h. `metrics` are those that a
/// detector may use. The key "$schema" is allowed on top and ignored.
ConfigResult parse_config(std::string_view text, std::string_view name,
                          std::span<const KnownMetric> metrics);

/// Each source over the one before it (merge_config). A fault is laid to the
/// last source that says something at its path.
ConfigResult parse_config(std::span<const ConfigSource> sources,
                          std::span<const KnownMetric> metrics);

/// The same with profiles laid over the first source: each changes only what
/// that source has as the shipped default has it (merge_profile).
ConfigResult parse_config(std::span<const ConfigSource> sources,
                          std::span<const ConfigSource> profiles,
                          std::span<const KnownMetric> metrics);

/// What parse_config() would give, without a look at the values; absent when
/// even the types are wrong.
std::optional<model::Config> preview_config(std::span<const ConfigSource> sources,
                                            std::span<const ConfigSource> profiles);

/// The key `profile` in the last of the sources that has it; "auto" where none
/// has. Whatever else is wrong there is left to parse_config.
std::string find_profile_wish(std::span<const ConfigSource> sources);

/// The effective configuration, complete and indented; reads back as the same.
std::string config_to_text(const model::Config& config);

}  // namespace m1opt::wire
