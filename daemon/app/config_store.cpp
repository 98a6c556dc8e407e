#include "app/config_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string_view>

#include "app/trust.h"
#include "base/file.h"
#include "decide/metrics.h"
#include "wire/config_text.h"
#include "wire/default_config.h"

namespace m1opt::app {

namespace {

Result<wire::ConfigSource> read_source(const std::string& path) {
  if (auto trusted = check_trusted(path); !trusted) return trusted.error();
  auto text = read_file(path);
  if (!text) return text.error();
  return wire::ConfigSource{path, std::move(*text)};
}

/// The drop-ins in their order. One that could not be listed would be forgotten in silence.
Result<std::vector<std::string>> find_overlays(const std::filesystem::path& directory) {
  namespace fs = std::filesystem;
  std::vector<std::string> overlays;
  std::error_code error;
  const fs::file_status there = fs::symlink_status(directory, error);
  if (there.type() == fs::file_type::not_found) return overlays;
  if (auto trusted = check_trusted(directory.string()); !trusted) return trusted.error();
  error.clear();
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".json") overlays.push_back(entry->path().string());
  }
  if (error) {
    return Error{Errc::io, error.value(), "list " + directory.string() + ": " + error.message()};
  }
  std::sort(overlays.begin(), overlays.end());
  return overlays;
}

Result<std::vector<wire::ConfigSource>> read_sources(const std::string& path, bool given) {
  namespace fs = std::filesystem;
  std::vector<wire::ConfigSource> sources;
  std::error_code error;
  if (path.empty() || (!given && !fs::exists(path, error))) {
    sources.push_back({"built-in default", std::string(wire::kDefaultConfig)});
  } else {
    auto source = read_source(path);
    if (!source) return source.error();
    sources.push_back(std::move(*source));
  }
  if (path.empty()) return sources;
  auto overlays = find_overlays(fs::path(path).parent_path() / "conf.d");
  if (!overlays) return overlays.error();
  for (const std::string& overlay : *overlays) {
    auto source = read_source(overlay);
    if (!source) return source.error();
    sources.push_back(std::move(*source));
  }
  return sources;
}

}  // namespace

ConfigStore::ConfigStore(const Options& options)
    : path_(options.config), given_(options.config_given) {
  status_.path = path_.empty() ? "built-in default" : path_;
}

Result<void> ConfigStore::load(WallTime now) {
  const auto reject = [&](Errc code, const std::string& text) -> Result<void> {
    status_.fault = text;
    return Error{code, 0, text};
  };
  auto sources = read_sources(path_, given_);
  if (!sources) return reject(sources.error().code, sources.error().what);
  std::vector<wire::KnownMetric> metrics;
  for (const decide::Metric& metric : decide::metrics()) metrics.push_back({metric.name, metric.trips_low});
  auto parsed = wire::parse_config(*sources, metrics);
  if (!parsed) return reject(Errc::parse, wire::to_string(parsed.error()));
  config_ = std::make_shared<const Config>(std::move(*parsed));
  status_.path = fmt::format("{}", sources->front().name);
  for (std::size_t i = 1; i < sources->size(); ++i) status_.path += " + " + (*sources)[i].name;
  status_.loaded = now;
  status_.hash = fmt::format("{:016x}", std::hash<std::string>{}(wire::config_to_text(*config_)));
  status_.fault.reset();
  return {};
}

}  // namespace m1opt::app
