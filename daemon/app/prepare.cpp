#include "app/prepare.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "app/trust.h"
#include "base/log.h"

namespace m1opt::app {

namespace {

constexpr unsigned kPrivate = 0700;
constexpr unsigned kPublic = 0755;

std::string directory_of(const std::string& path) {
  return std::filesystem::absolute(path).parent_path().string();
}

/// Looked at before it is made, so that nothing is made where somebody else could lead it astray.
Result<void> prepare_directory(const std::string& path, unsigned mode) {
  if (auto trusted = check_own_directory(path); !trusted) return trusted;
  return make_directory(path, mode);
}

/// Whoever can open a lock or the journal can hold a lock on it.
Result<void> close_to_others(const std::string& directory) {
  struct stat info {};
  if (::stat(directory.c_str(), &info) != 0) return error_from_errno("look at " + directory, errno);
  if ((info.st_mode & 0077U) == 0 || ::chmod(directory.c_str(), kPrivate) == 0) return {};
  return error_from_errno("chmod " + directory, errno);
}

}  // namespace

std::string guardian_log_file(const std::string& log_file) {
  if (log_file.empty() || log_file == "-") return log_file;
  const std::filesystem::path path(log_file);
  return (path.parent_path() / (path.stem().string() + "-guardian" + path.extension().string())).string();
}

Result<void> prepare_log(const Options& options) {
  if (options.log_file != "-") {
    if (auto made = prepare_directory(directory_of(options.log_file), kPublic); !made) return made;
    for (const std::string& file : {options.log_file, guardian_log_file(options.log_file)}) {
      if (auto trusted = check_trusted(file); !trusted) return trusted;
    }
  }
  return start_log(options.log_file, options.debug ? LogLevel::debug : LogLevel::info);
}

Result<void> prepare_places(const Options& options) {
  if (auto made = prepare_directory(options.state_directory, kPrivate); !made) return made;
  if (auto closed = close_to_others(options.state_directory); !closed) return closed;
  if (auto trusted = check_trusted_entries(options.state_directory); !trusted) return trusted;
  return prepare_directory(directory_of(options.socket), kPublic);
}

}  // namespace m1opt::app
