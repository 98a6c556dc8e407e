#include "client/installation.h"

#include <unistd.h>

#include <filesystem>

namespace m1opt::client {
namespace {

/// The directory of this program; "" when the system does not tell and it was
/// found through PATH.
std::string own_directory(const Context& context) {
  std::error_code error;
  std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) {
    if (context.program.find('/') == std::string::npos) return {};
    self = std::filesystem::canonical(context.program, error);
    if (error) return {};
  }
  return self.parent_path().string();
}

}  // namespace

std::vector<std::string> daemon_candidates(const Context& context) {
  std::vector<std::string> candidates;
  const std::string directory = own_directory(context);
  if (!directory.empty()) {
    candidates.push_back(
        std::filesystem::path(directory + "/../libexec/m1optd").lexically_normal().string());
  }
  candidates.insert(candidates.end(), {"/usr/local/libexec/m1optd", "/usr/libexec/m1optd",
                                       "/Library/PrivilegedHelperTools/m1optd"});
  return candidates;
}

std::string find_daemon(const Context& context) {
  for (const std::string& path : daemon_candidates(context)) {
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

std::string default_config_path() { return "/etc/m1opt/m1opt.json"; }

}  // namespace m1opt::client
