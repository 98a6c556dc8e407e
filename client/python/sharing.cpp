#include "client/python/sharing.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "client/mac/system.h"
#include "client/python/disk.h"

namespace m1opt::client::python {
namespace {

constexpr std::chrono::seconds kCacheTime{20};

Finding sharing(FindingResult result, std::string finding, std::string evidence, std::string fix = {}) {
  return {"python.disk", "Disk", result, std::move(finding), std::move(evidence), std::move(fix)};
}

/// uv writes its version into what it makes.
bool is_made_by_uv(const std::string& environment) {
  std::ifstream file(environment + "/pyvenv.cfg");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("uv =")) return true;
  }
  return false;
}

Finding judge_links(const std::string& environment, const std::string& cache, const DiskUse& use) {
  if (use.shared_files > 0) {
    return sharing(FindingResult::pass, "the environment shares its files with uv's cache",
                   fmt::format("{} of {} files, {} of {}, have more than one name; cache: {}", use.shared_files,
                               use.files, size_text(use.shared_bytes), size_text(use.bytes), cache));
  }
  const std::string alone = fmt::format("{}: none of {} files has a second name; cache: {}, on the same volume",
                                        environment, use.files, cache);
  if (!is_made_by_uv(environment)) {
    return sharing(FindingResult::skipped, "the environment was not made by uv", alone);
  }
  if (mac::is_mac()) {
    return sharing(FindingResult::pass, "the environment can share its files with uv's cache",
                   alone + "; there uv clones files, which no file tells of itself");
  }
  return sharing(FindingResult::skipped, "nothing of the environment is shared with uv's cache",
                 alone + "; it has nothing from there, uv clones files, or UV_LINK_MODE says otherwise");
}

}  // namespace

Finding examine_sharing(const Runner& run, const std::string& uv, const std::string& environment) {
  const auto ran = run({{uv, "cache", "dir"}, kCacheTime});
  const std::string cache = ran && ran->status == 0 ? last_line(ran->output) : "";
  if (!cache.starts_with('/')) {
    return sharing(FindingResult::skipped, "where uv's cache lies is not known",
                   fmt::format("{} cache dir: {}", uv, ran ? last_line(ran->output) : ran.error().text));
  }
  const auto together = on_one_volume(cache, environment);
  if (!together) return sharing(FindingResult::skipped, "whether the disk is shared is not known", cache);
  if (!*together) {
    const auto beside = std::filesystem::path(environment).parent_path() / ".uv-cache";
    return sharing(FindingResult::fail, "uv copies every file: its cache lies on another volume",
                   fmt::format("cache: {}, environment: {}", cache, environment),
                   fmt::format("export UV_CACHE_DIR={}", beside.string()));
  }
  return judge_links(environment, cache, measure_directory(environment));
}

}  // namespace m1opt::client::python
