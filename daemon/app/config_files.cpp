#include "app/config_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>

#include "app/trust.h"
#include "base/file.h"
#include "wire/default_config.h"

namespace m1opt::app {

namespace {

constexpr const char* kBuiltIn = "built-in default";

Result<ConfigText> read_text(const std::string& path) {
  if (auto trusted = check_trusted(path); !trusted) return trusted.error();
  auto text = read_file(path);
  if (!text) return text.error();
  return ConfigText{path, std::move(*text)};
}

/// The drop-ins in their order. One that could not be listed would be forgotten in silence.
Result<std::vector<std::string>> find_drop_ins(const std::string& directory) {
  std::error_code error;
  const auto there = std::filesystem::symlink_status(directory, error).type();
  if (there != std::filesystem::file_type::not_found) {
    if (auto trusted = check_trusted(directory); !trusted) return trusted.error();
  }
  return list_directory(directory, ".json");
}

/// Replaced, written to, or another's: each shows in one of these.
std::string state_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return fmt::format("{} -\n", path);
  std::error_code error;
  const auto written = std::filesystem::last_write_time(path, error);
  return fmt::format("{} {} {} {} {} {} {:o} {}\n", path, info.st_dev, info.st_ino, info.st_size,
                     error ? 0 : written.time_since_epoch().count(), info.st_ctime, info.st_mode,
                     info.st_uid);
}

}  // namespace

std::string ConfigFiles::drop_in_directory() const {
  return (std::filesystem::path(path_).parent_path() / "conf.d").string();
}

std::string ConfigFiles::name() const { return path_.empty() ? kBuiltIn : path_; }

Result<std::vector<ConfigText>> ConfigFiles::read() const {
  std::vector<ConfigText> texts;
  std::error_code error;
  if (path_.empty() || (!given_ && !std::filesystem::exists(path_, error))) {
    texts.push_back({kBuiltIn, std::string(wire::kDefaultConfig)});
  } else {
    auto text = read_text(path_);
    if (!text) return text.error();
    texts.push_back(std::move(*text));
  }
  if (path_.empty()) return texts;
  const auto drop_ins = find_drop_ins(drop_in_directory());
  if (!drop_ins) return drop_ins.error();
  for (const std::string& path : *drop_ins) {
    auto text = read_text(path);
    if (!text) return text.error();
    texts.push_back(std::move(*text));
  }
  return texts;
}

std::string ConfigFiles::fingerprint() const {
  if (path_.empty()) return {};
  std::string text = state_of(path_);
  const auto drop_ins = list_directory(drop_in_directory(), ".json");
  if (!drop_ins) return text + drop_ins.error().what;
  for (const std::string& path : *drop_ins) text += state_of(path);
  return text;
}

std::vector<std::string> ConfigFiles::places() const {
  if (path_.empty()) return {};
  const std::string directory = std::filesystem::path(path_).parent_path().string();
  std::vector<std::string> found{directory.empty() ? "." : directory, path_, drop_in_directory()};
  if (auto drop_ins = list_directory(found.back(), ".json")) {
    found.insert(found.end(), drop_ins->begin(), drop_ins->end());
  }
  std::error_code error;
  std::erase_if(found, [&](const std::string& path) { return !std::filesystem::exists(path, error); });
  return found;
}

}  // namespace m1opt::app
