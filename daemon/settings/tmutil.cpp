// tmutil(8): automatic backups. The tool sets them and does not tell; what it sets is a key that
// defaults(1) reads.
#include "settings/access.h"
#include "settings/tool_answers.h"

namespace m1opt::settings {

namespace {

constexpr const char* kTmutilTool = "/usr/bin/tmutil";
/// It is the daemon that lacks it, not the terminal of who asked.
constexpr const char* kDaemonLacksFullDiskAccess =
    ": Full Disk Access is missing, and root alone is not enough. Mend: System Settings > Privacy & Security > "
    "Full Disk Access, add /Library/PrivilegedHelperTools/m1optd; or by hand in General > Time Machine";

Target key() { return {Means::defaults, {"/Library/Preferences/com.apple.TimeMachine", "AutoBackup"}}; }

class Tmutil final : public SettingAccess {
 public:
  explicit Tmutil(Tools& tools) : tools_(tools), defaults_(make_defaults(tools)) {}

  /// "on", "off", absent: never decided, which counts as off.
  Result<Reading> read(const Target&) override {
    const auto reading = defaults_->read(key());
    if (!reading) return reading.error().within("Time Machine's settings");
    if (!*reading) return Reading();
    const std::string& text = (**reading).text;
    return Reading(Value{{}, text == "1" || text == "true" ? "on" : "off"});
  }

  Result<void> write(const Target&, const Reading& reading) override {
    const std::string verb = reading && reading->text == "on" ? "enable" : "disable";
    const auto exit = tools_.run(kTmutilTool, {verb});
    if (!exit) return exit.error();
    const std::string command = "tmutil " + verb;
    if (says(*exit, "Full Disk Access")) return Error{Errc::not_permitted, 0, command + kDaemonLacksFullDiskAccess};
    if (!is_done(*exit)) return fault_of(*exit, command);
    // tmutil leaves the key behind; the system was told before, so that it is in nobody's memory either.
    return reading ? Result<void>() : defaults_->write(key(), Reading());
  }

 private:
  Tools& tools_;
  std::unique_ptr<SettingAccess> defaults_;
};

}  // namespace

std::unique_ptr<SettingAccess> make_tmutil(Tools& tools) { return std::make_unique<Tmutil>(tools); }

}  // namespace m1opt::settings
