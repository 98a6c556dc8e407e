#include "settings/tools.h"

#include <array>
#include <cstdlib>
#include <string_view>

namespace m1opt::settings {

namespace {

constexpr std::size_t kMostOutput = 4U << 20U;  // a whole domain as XML: the Dock's takes 60 KiB

/// In place of a path of the system's, in builds for tests alone.
std::string directory_for_tests([[maybe_unused]] const char* variable) {
#ifdef M1OPT_FAULT_POINTS
  const char* value = std::getenv(variable);
  if (value != nullptr) return value;
#endif
  return {};
}

class SystemTools final : public Tools {
 public:
  explicit SystemTools(std::vector<std::string> environment) : environment_(std::move(environment)) {}

  Result<ToolExit> run(const std::string& path, const std::vector<std::string>& arguments,
                       const std::vector<std::string>& more) override {
    const std::string other = directory_for_tests("M1OPT_TOOLS_DIR");
    const std::string program =
        other.empty() ? path : other + path.substr(path.find_last_of('/'));
    auto exit = platform::posix::run_tool(
        {program, arguments, kToolPatience, with(more), kMostOutput, true});
    if (exit && exit->timed_out) {
      return Error{Errc::busy, 0, platform::posix::describe(*exit, path, kToolPatience)};
    }
    return exit;
  }

  [[nodiscard]] std::optional<std::string> variable(std::string_view name) const override {
    for (const std::string& word : environment_) {
      if (name_of(word) == name) return word.substr(name.size() + 1);
    }
    return {};
  }

 private:
  static std::string_view name_of(std::string_view word) { return word.substr(0, word.find('=')); }

  [[nodiscard]] std::vector<std::string> with(const std::vector<std::string>& more) const {
    std::vector<std::string> words = environment_;
    for (const std::string& word : more) {
      std::erase_if(words, [&word](const std::string& other) { return name_of(other) == name_of(word); });
      words.push_back(word);
    }
    return words;
  }

  std::vector<std::string> environment_;
};

/// What the tools of the system say, and what that means for the user.
struct Saying {
  std::string_view words;
  Errc code;
  std::string_view meaning;
};

constexpr std::string_view kFullDiskAccess =
    "Full Disk Access is missing, and sudo does not give it. Mend: System Settings > Privacy & "
    "Security > Full Disk Access, switch on the program that runs this (your terminal), open it anew";

constexpr std::array kSayings{
    Saying{"Could not write domain", Errc::not_permitted, kFullDiskAccess},
    Saying{"Full Disk Access", Errc::not_permitted, kFullDiskAccess},
    Saying{"System Integrity Protection", Errc::not_permitted,
           "System Integrity Protection keeps this job of Apple's as it is. Mend: nothing, that "
           "protection stays on"},
    Saying{"Error: invalid operation", Errc::unsupported,
           "mdutil knows whole volumes only, not directories. Mend: a directory is left out when "
           "its name ends in .noindex, or by System Settings > Spotlight > Search Privacy"},
    Saying{"unknown indexing state", Errc::unsupported,
           "this volume has no index that could be switched. Mend: m1optctl tune plan says which "
           "volume it looks at"},
    Saying{"must be run as root", Errc::not_permitted,
           "only root may do this. Mend: sudo m1optctl tune apply, with the daemon running"},
    Saying{"requires root privileges", Errc::not_permitted,
           "only root may do this. Mend: sudo m1optctl tune apply, with the daemon running"},
    Saying{"No such schema", Errc::unsupported,
           "this desktop does not have that setting. Mend: nothing, it is not needed here"},
    Saying{"No such key", Errc::unsupported,
           "this version of the desktop does not have that setting. Mend: nothing, it is not needed here"},
    Saying{"Cannot autolaunch D-Bus", Errc::unsupported,
           "there is no session of a desktop here. Mend: run it in a terminal of that desktop"},
    Saying{"Could not connect: ", Errc::unsupported,
           "there is no session of a desktop here. Mend: run it in a terminal of that desktop"},
};
constexpr int kProtected = 150;  // launchctl: "Operation not permitted while System Integrity..."

const Saying* meaning_of(const std::string& said, const ToolExit& exit) {
  for (const Saying& saying : kSayings) {
    const bool status = exit.status == kProtected && saying.words == "System Integrity Protection";
    if (status || said.find(saying.words) != std::string::npos) return &saying;
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<Tools> make_tools(std::vector<std::string> environment) {
  return std::make_unique<SystemTools>(std::move(environment));
}

std::string system_path(const std::string& path) {
  return directory_for_tests("M1OPT_SYS_ROOT") + path;
}

Error fault_of(const ToolExit& exit, const std::string& command) {
  ToolExit all = exit;
  all.output = exit.errors + exit.output;
  const Saying* saying = meaning_of(all.output, exit);
  if (saying != nullptr) {
    return {saying->code, 0, command + ": " + std::string(saying->meaning)};
  }
  return {Errc::io, 0, platform::posix::describe(all, command, kToolPatience)};
}

}  // namespace m1opt::settings
