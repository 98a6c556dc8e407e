#include "journal/file_place.h"

#include <sys/stat.h>

#include <filesystem>

#include "base/file.h"

namespace m1opt::journal {

Result<void> check_journal_file(const std::string& path) {
  for (const char* suffix : kDatabaseFiles) {
    if (auto ours = check_own_file(path + suffix); !ours) return ours;
  }
  return {};
}

std::string resolve_directory(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path parent = fs::path(path).parent_path();
  const fs::path resolved = fs::canonical(parent.empty() ? "." : parent, error);
  return error ? path : (resolved / fs::path(path).filename()).string();
}

FilePlace::FilePlace(std::string path) : path_(std::move(path)) {
  for (std::size_t i = 0; i < files_.size(); ++i) files_[i] = identify(path_ + kDatabaseFiles[i]);
}

FilePlace::Identity FilePlace::identify(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return std::nullopt;
  return std::pair(static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino));
}

Result<void> FilePlace::check() const {
  if (path_.empty()) return {};
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const std::string file = path_ + kDatabaseFiles[i];
    const Identity now = identify(file);
    if (now && now == files_[i]) continue;
    return Error{Errc::changed, 0,
                 file + (now ? " was replaced while it was in use" : " was removed while it was in use")};
  }
  return {};
}

}  // namespace m1opt::journal
