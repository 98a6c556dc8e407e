#include "app/trust.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "platform/platform.h"

namespace m1opt::app {

namespace {

Result<void> check_one(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return error_from_errno("look at " + path, errno);
  if (info.st_uid != 0 && info.st_uid != ::geteuid()) {
    return Error{Errc::not_permitted, 0,
                 fmt::format("{} belongs to uid {}: chown root {}", path, info.st_uid, path)};
  }
  const bool others_write = (info.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  const bool shared_directory = S_ISDIR(info.st_mode) && (info.st_mode & S_ISVTX) != 0;
  if (others_write && !shared_directory && !S_ISLNK(info.st_mode)) {
    return Error{Errc::not_permitted, 0,
                 fmt::format("{} can be written by others: chmod go-w {}", path, path)};
  }
  const auto writer = platform::find_foreign_writer(path);
  if (!writer) return writer.error();
  if (*writer) return Error{Errc::not_permitted, 0, path + ": " + **writer};
  return {};
}

}  // namespace

Result<void> check_trusted(const std::string& path) {
  if (::geteuid() != 0) return {};
  namespace fs = std::filesystem;
  std::error_code error;
  // The names as given: a symlink is safe when it and its directory are ours.
  if (fs::is_symlink(path, error)) {
    if (auto link = check_one(path); !link) return link;
    if (auto where = check_one(fs::path(path).parent_path().string()); !where) return where;
  }
  fs::path resolved = fs::weakly_canonical(path, error);
  if (error) return Error{Errc::io, error.value(), path + ": " + error.message()};
  while (!fs::exists(resolved, error) && resolved.has_relative_path()) {
    resolved = resolved.parent_path();
  }
  for (;;) {
    if (auto part = check_one(resolved.string()); !part) return part;
    if (!resolved.has_relative_path()) return {};
    resolved = resolved.parent_path();
  }
}

Result<void> make_directory(const std::string& path, unsigned mode) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path parent = fs::path(path).parent_path();
  if (!parent.empty()) fs::create_directories(parent, error);
  if (::mkdir(path.c_str(), static_cast<mode_t>(mode)) != 0 && errno != EEXIST) {
    return error_from_errno("make directory " + path, errno);
  }
  if (!fs::is_directory(path, error)) return Error{Errc::io, 0, path + " is not a directory"};
  return {};
}

}  // namespace m1opt::app
