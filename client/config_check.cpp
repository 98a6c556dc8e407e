#include "client/config_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "client/installation.h"
#include "decide/metrics.h"
#include "wire/default_config.h"

namespace m1opt::client {
namespace {

/// The drop-ins beside the file, in the order of their names.
std::vector<std::string> drop_ins(const std::string& config_path) {
  std::vector<std::string> paths;
  std::error_code ignored;
  const auto directory = std::filesystem::path(config_path).parent_path() / "conf.d";
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

ConfigCheck check_sources(const std::vector<wire::ConfigSource>& sources) {
  const auto result = wire::parse_config(sources, known_metrics());
  ConfigCheck check;
  if (result) {
    check.text = fmt::format("{}: valid", sources.front().name);
    return check;
  }
  for (const wire::ConfigFault& fault : result.error().list) {
    check.faults.push_back(wire::to_string(fault));
  }
  check.text = fmt::format("{}", fmt::join(check.faults, "\n"));
  return check;
}

}  // namespace

std::vector<wire::KnownMetric> known_metrics() {
  std::vector<wire::KnownMetric> metrics;
  for (const decide::Metric& metric : decide::metrics()) metrics.push_back({metric.name, metric.trips_low});
  return metrics;
}

Expected<wire::ConfigSource> read_config_source(const std::string& path) {
  auto text = base::read_file(path);
  if (text) return wire::ConfigSource{path, std::move(*text)};
  const bool denied = text.error().code == base::Errc::not_permitted;
  return Failure{denied ? exit_code::kNotPermitted : exit_code::kFailure, text.error().what,
                 denied ? "Run it again with sudo" : "See the default: m1optctl config default"};
}

Expected<ConfigCheck> check_config_file(const std::string& path) {
  auto source = read_config_source(path);
  if (!source) return source.error();
  return check_sources({std::move(*source)});
}

Expected<ConfigCheck> check_installed_config() {
  std::vector<std::string> paths = drop_ins(default_config_path());
  std::vector<wire::ConfigSource> sources;
  std::error_code ignored;
  if (std::filesystem::exists(default_config_path(), ignored)) {
    paths.insert(paths.begin(), default_config_path());
  } else {
    sources.push_back({"built-in default", std::string(wire::kDefaultConfig)});
  }
  for (const std::string& path : paths) {
    auto source = read_config_source(path);
    if (!source) return source.error();
    sources.push_back(std::move(*source));
  }
  return check_sources(sources);
}

}  // namespace m1opt::client
