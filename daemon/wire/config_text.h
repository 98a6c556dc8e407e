#pragma once

#include <boost/json/value.hpp>
#include <boost/system/result.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/config.h"

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
struct ConfigSource {
  std::string name;
  std::string text;
};

/// A metric that a detector may use.
struct KnownMetric {
  std::string_view name;
  bool trips_low{false};  ///< a detector trips when there is little of it
};

/// One file over the defaults of model/config.h. `metrics` are those that a
/// detector may use. The key "$schema" is allowed on top and ignored.
ConfigResult parse_config(std::string_view text, std::string_view name,
                          std::span<const KnownMetric> metrics);

/// Each source over the one before it (merge_config). A fault is laid to the
/// last source that says something at its path.
ConfigResult parse_config(std::span<const ConfigSource> sources,
                          std::span<const KnownMetric> metrics);

/// Objects merge by key. The lists of named rows (workloads, targets, rules on
/// top) merge by `name`, a new row goes to the end. Everything else in
/// `overlay` replaces what is in `base`.
boost::json::value merge_config(const boost::json::value& base, const boost::json::value& overlay);

/// The effective configuration, complete and indented; reads back as the same.
std::string config_to_text(const model::Config& config);

}  // namespace m1opt::wire
