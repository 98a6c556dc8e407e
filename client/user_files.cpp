#include "client/user_files.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "client/mac/system.h"

namespace m1opt::client {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace

std::string home_directory() {
  std::string home = variable("HOME");
  if (!home.empty()) return home;
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_dir : "/";
}

std::string data_directory() {
  if (mac::is_mac()) return home_directory() + "/Library/Application Support/m1opt";
  const std::string base = variable("XDG_DATA_HOME");
  return (base.empty() ? home_directory() + "/.local/share" : base) + "/m1opt";
}

Expected<void> write_user_file(const std::string& path, const std::string& text) {
  constexpr unsigned kMode = 0644;
  const auto directory = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!directory.empty()) std::filesystem::create_directories(directory, error);
  if (error) {
    return Failure{error == std::errc::permission_denied ? exit_code::kNotPermitted : exit_code::kFailure,
                   fmt::format("{}: {}", directory.string(), error.message()), ""};
  }
  const auto written = base::write_file_atomic(path, text, kMode);
  if (written) return {};
  return Failure{written.error().code == base::Errc::not_permitted ? exit_code::kNotPermitted
                                                                   : exit_code::kFailure,
                 written.error().what, ""};
}

}  // namespace m1opt::client
