#include "client/config_check.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/file.h"
#include "client/installation.h"
#include "decide/metrics.h"
#include "wire/config_text.h"
#include "wire/default_config.h"
#include "wire/profiles.h"

namespace m1opt::client {
namespace {

Failure failure_of(const base::Error& error) {
  const bool denied = error.code == base::Errc::not_permitted;
  return {denied ? exit_code::kNotPermitted : exit_code::kFailure, error.what,
          denied ? "Run it again with sudo" : "See the default: m1optctl config default"};
}

/// None, and each alone.
std::vector<std::vector<wire::ConfigSource>> all_choices() {
  std::vector<std::vector<wire::ConfigSource>> choices(1);
  for (const wire::Profile& profile : wire::profiles()) {
    choices.push_back(wire::profile_overlays(profile.name));
  }
  return choices;
}

ConfigCheck check_sources(const std::vector<wire::ConfigSource>& sources) {
  const auto metrics = decide::known_metrics();
  ConfigCheck check;
  check.text = fmt::format("{}: valid", sources.front().name);
  // Which profile lies under it is another machine's or another day's choice.
  for (const auto& profiles : all_choices()) {
    const auto result = wire::parse_config(sources, profiles, metrics);
    if (result) continue;
    for (const wire::ConfigFault& fault : result.error().list) {
      check.faults.push_back(wire::to_string(fault));
    }
    break;
  }
  if (check.faults.empty()) return check;
  check.text = fmt::format("{}", fmt::join(check.faults, "\n"));
  return check;
}

}  // namespace

Expected<wire::ConfigSource> read_config_source(const std::string& path) {
  auto text = base::read_file(path);
  if (text) return wire::ConfigSource{path, std::move(*text)};
  return failure_of(text.error());
}

Expected<ConfigCheck> check_config_file(const std::string& path) {
  auto source = read_config_source(path);
  if (!source) return source.error();
  return check_sources({std::move(*source)});
}

Expected<ConfigCheck> check_installed_config() {
  const auto directory = std::filesystem::path(default_config_path()).parent_path() / "conf.d";
  auto drop_ins = base::list_directory(directory.string(), ".json");
  if (!drop_ins) return failure_of(drop_ins.error());
  std::vector<std::string> paths = std::move(*drop_ins);
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
