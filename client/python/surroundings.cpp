#include "client/python/surroundings.h"

#include <dlfcn.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "client/mac/system.h"
#include "client/user_files.h"

namespace m1opt::client::python {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostInterpreters = 16;
constexpr const char* kStub = "/usr/bin/python3";

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string{} : value;
}

std::vector<std::string> directories_of(const std::string& path) {
  std::vector<std::string> directories;
  std::size_t start = 0;
  while (start <= path.size()) {
    const std::size_t end = std::min(path.find(':', start), path.size());
    // A relative one changes its meaning with the directory that one stands in.
    if (end > start && path[start] == '/') directories.push_back(path.substr(start, end - start));
    start = end + 1;
  }
  return directories;
}

std::string own_machine() {
  if (mac::is_apple_silicon().value_or(false)) return "arm64";
  utsname names{};
  return ::uname(&names) == 0 ? usual_name(names.machine) : std::string{};
}

std::optional<std::string> own_glibc() {
  using Version = const char* (*)();
  void* const symbol = ::dlsym(RTLD_DEFAULT, "gnu_get_libc_version");
  if (symbol == nullptr) return std::nullopt;
  return reinterpret_cast<Version>(symbol)();
}

bool is_program(const std::string& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

/// python, python3, python3.12; not python3-config.
bool is_interpreter_name(const std::string& name) {
  if (!name.starts_with("python")) return false;
  const std::string rest = name.substr(6);
  if (rest.empty() || rest == "3") return true;
  return rest.starts_with("3.") && rest.size() > 2 && rest.find_first_not_of("0123456789", 2) == std::string::npos;
}

/// python3 before python3.12 before python: what one types comes first.
std::vector<std::string> interpreters_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entry(directory, error);
  for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (is_interpreter_name(name)) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  if (!names.empty() && names.front() == "python") std::rotate(names.begin(), names.begin() + 1, names.end());
  return names;
}

/// Where installers put them, whether PATH has it or not.
std::vector<std::string> usual_directories(const Surroundings& s) {
  std::vector<std::string> places{s.home + "/.local/bin", s.root + "/opt/homebrew/bin", s.root + "/usr/local/bin",
                                  s.root + "/opt/local/bin", s.root + "/usr/bin"};
  std::vector<std::string> managed;
  for (const char* data : {"/.local/share", "/Library/Application Support"}) {
    std::error_code error;
    fs::directory_iterator entry(s.home + data + "/uv/python", error);
    for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
      managed.push_back(entry->path().string() + "/bin");
    }
  }
  std::sort(managed.begin(), managed.end());
  places.insert(places.end(), managed.begin(), managed.end());
  return places;
}

/// Of macOS's own python3 there is only a stub until the developer tools are installed, and to start
/// it opens a window.
bool is_stub(const Surroundings& s, const std::string& path) {
  if (!s.mac || path != s.root + kStub) return false;
  std::error_code ignored;
  return !fs::exists(s.root + "/Library/Developer/CommandLineTools/usr/bin/python3", ignored) &&
         !fs::exists(s.root + "/Applications/Xcode.app", ignored);
}

}  // namespace

Surroundings this_surroundings() {
  Surroundings s;
  s.path = directories_of(from_environment("PATH"));
  s.home = home_directory();
  std::error_code ignored;
  s.directory = fs::current_path(ignored).string();
  s.virtual_env = from_environment("VIRTUAL_ENV");
  s.conda_prefix = from_environment("CONDA_PREFIX");
  s.machine = own_machine();
  s.mac = mac::is_mac();
  for (const char* name : {"UV_TORCH_BACKEND", "UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_FIND_LINKS"}) {
    s.torch_choice = s.torch_choice || !from_environment(name).empty();
  }
  s.glibc = own_glibc();
  s.uid = ::geteuid();
  return s;
}

std::vector<std::string> usual_uv_places(const Surroundings& s) {
  return {s.home + "/.local/bin/uv",    s.home + "/.cargo/bin/uv",    s.root + "/opt/homebrew/bin/uv",
          s.root + "/usr/local/bin/uv", s.root + "/opt/local/bin/uv", s.root + "/home/linuxbrew/.linuxbrew/bin/uv"};
}

std::optional<std::string> find_uv(const Surroundings& s) {
  std::vector<std::string> candidates;
  for (const std::string& directory : s.path) candidates.push_back(directory + "/uv");
  for (std::string& each : usual_uv_places(s)) candidates.push_back(std::move(each));
  const auto found = std::find_if(candidates.begin(), candidates.end(), is_program);
  return found == candidates.end() ? std::nullopt : std::optional(*found);
}

std::vector<std::string> find_interpreters(const Surroundings& s) {
  std::vector<std::string> places = s.path;
  for (std::string& place : usual_directories(s)) places.push_back(std::move(place));
  std::vector<std::string> found;
  std::set<std::string> files;
  for (const std::string& place : places) {
    for (const std::string& name : interpreters_in(place)) {
      const std::string path = place + "/" + name;
      std::error_code error;
      const std::string file = fs::canonical(path, error).string();
      if (error || !is_program(path) || is_stub(s, path) || !files.insert(file).second) continue;
      found.push_back(path);
      if (found.size() >= kMostInterpreters) return found;
    }
  }
  return found;
}

std::optional<Environment> find_environment(const Surroundings& s) {
  if (!s.virtual_env.empty()) return Environment{s.virtual_env, "VIRTUAL_ENV"};
  if (!s.conda_prefix.empty()) return Environment{s.conda_prefix, "CONDA_PREFIX"};
  for (fs::path at = s.directory; !at.empty(); at = at.parent_path()) {
    const std::string directory = (at / ".venv").string();
    if (is_environment(directory)) return Environment{directory, at == s.directory ? "./.venv" : "a .venv above"};
    if (at == at.parent_path()) break;
  }
  return std::nullopt;
}

bool is_environment(const std::string& directory) {
  std::error_code ignored;
  return fs::is_regular_file(directory + "/pyvenv.cfg", ignored);
}

std::string python_of(const std::string& environment) { return environment + "/bin/python"; }

}  // namespace m1opt::client::python
