#include "app/trust.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "platform/posix/trust.h"

namespace m1opt::app {

namespace {

namespace fs = std::filesystem;
namespace posix = platform::posix;

/// As a shell takes it literally.
std::string quoted(const std::string& path) {
  if (path.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@") ==
      std::string::npos) {
    return path;
  }
  std::string text = "'";
  for (const char c : path) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

/// `below` goes to the end of the command's path.
Error refused(const std::string& path, const std::string& what, const std::string& command,
              const std::string& below = {}) {
  return {Errc::not_permitted, 0,
          fmt::format("{} {}: {} {}", path, what, command, quoted(path + below))};
}

}  // namespace

Result<void> check_trusted(const std::string& path) {
  if (::geteuid() != 0) return {};
  const auto found = posix::find_distrust(path);
  if (!found) return found.error();
  if (!*found) return {};
  const posix::Distrust& distrust = **found;
  if (!distrust.command.empty()) return refused(distrust.path, distrust.what, distrust.command);
  return Error{Errc::not_permitted, 0, distrust.path + ": " + distrust.what};
}

Result<void> check_own_directory(const std::string& path) {
  if (auto trusted = check_trusted(path); !trusted || ::geteuid() != 0) return trusted;
  if (!posix::is_shared_directory(path)) return {};
  return refused(path, "is open to everybody, take a directory of its own", "mkdir -m 0755", "/m1opt");
}

Result<void> check_trusted_entries(const std::string& directory) {
  if (::geteuid() != 0) return {};
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (auto trusted = check_trusted(entry->path().string()); !trusted) return trusted;
  }
  if (error) return Error{Errc::io, error.value(), "list " + directory + ": " + error.message()};
  return {};
}

Result<void> make_directory(const std::string& path, unsigned mode) {
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
