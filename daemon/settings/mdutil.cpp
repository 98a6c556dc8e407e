// mdutil(1): Spotlight's index of one volume.
#include "settings/access.h"
#include "settings/tool_answers.h"

namespace m1opt::settings {

namespace {

constexpr const char* kMdutilTool = "/usr/bin/mdutil";

/// "on", "off", or "searching-off": without an index and without searching, which -d makes.
struct State {
  std::string_view says;
  const char* value;
};
constexpr State kStates[]{{"Indexing enabled", "on"},
                          {"Indexing and searching disabled", "searching-off"},
                          {"Indexing disabled", "off"}};

/// What it complains of has no exit status of its own.
bool went_wrong(const ToolExit& exit) {
  return !is_done(exit) || says(exit, "Error:") || says(exit, "unknown indexing state") ||
         says(exit, "Could not write domain");
}

class Mdutil final : public SettingAccess {
 public:
  explicit Mdutil(Tools& tools) : tools_(tools) {}

  Result<Reading> read(const Target& target) override {
    const std::string& volume = target.arguments.at(0);
    const auto exit = tools_.run(kMdutilTool, {"-s", volume});
    if (!exit) return exit.error();
    if (went_wrong(*exit)) return fault_of(*exit, "mdutil -s " + volume);
    for (const State& state : kStates) {
      if (says(*exit, state.says)) return Reading(Value{{}, state.value});
    }
    return fault_of(*exit, "mdutil -s " + volume);
  }

  Result<void> write(const Target& target, const Reading& reading) override {
    if (!reading) return Error{Errc::unsupported, 0, "Spotlight's index of a volume is on or off, never not set"};
    const std::string& volume = target.arguments.at(0);
    std::vector<std::string> words{"-i", reading->text, volume};
    if (reading->text == "searching-off") words = {"-d", volume};
    const auto exit = tools_.run(kMdutilTool, words);
    if (!exit) return exit.error();
    if (went_wrong(*exit)) return fault_of(*exit, command_text("mdutil", words));
    return {};
  }

 private:
  Tools& tools_;
};

}  // namespace

std::unique_ptr<SettingAccess> make_mdutil(Tools& tools) { return std::make_unique<Mdutil>(tools); }

}  // namespace m1opt::settings
