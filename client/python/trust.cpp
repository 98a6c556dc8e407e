#include "client/python/trust.h"

#include <fmt/format.h>

#include <filesystem>
#include <vector>

#include "platform/posix/trust.h"

namespace m1opt::client::python {
namespace {

namespace fs = std::filesystem;
namespace posix = platform::posix;

std::optional<std::string> text_of(const base::Result<std::optional<posix::Distrust>>& found) {
  if (!found) return found.error().what;
  if (!*found) return std::nullopt;
  return fmt::format("{} {}", (*found)->path, (*found)->what);
}

std::vector<std::string> entries_of(const std::string& directory) {
  std::vector<std::string> paths;
  std::error_code error;
  fs::directory_iterator entry(directory, error);
  for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
    paths.push_back(entry->path().string());
  }
  return paths;
}

/// What an interpreter reads or runs by itself: of site-packages the .pth files and modules.
std::vector<std::string> parts_of(const std::string& environment) {
  std::vector<std::string> parts{environment + "/pyvenv.cfg", environment + "/bin/python"};
  for (const char* library : {"/lib", "/lib64"}) {
    for (const std::string& version : entries_of(environment + library)) {
      if (!fs::path(version).filename().string().starts_with("python")) continue;
      const std::string packages = version + "/site-packages";
      parts.push_back(packages);
      for (std::string& each : entries_of(packages)) parts.push_back(std::move(each));
    }
  }
  return parts;
}

}  // namespace

std::optional<std::string> find_stranger_in(const std::string& environment) {
  if (auto found = text_of(posix::find_distrust(environment))) return found;
  for (const std::string& part : parts_of(environment)) {
    // Where its Python was taken from was decided by who made it.
    if (auto found = text_of(posix::find_distrust_of_link(part))) return found;
  }
  return std::nullopt;
}

std::optional<std::string> find_stranger_at(const std::string& program) {
  return text_of(posix::find_distrust(program));
}

}  // namespace m1opt::client::python
