// Values are written as XML property lists: -float would round to 32 bits, and an array or a
// dictionary could not be put back as it was.
#include "settings/access.h"
#include "settings/plist_text.h"

namespace m1opt::settings {

namespace {

constexpr const char* kDefaults = "/usr/bin/defaults";

class Defaults final : public SettingAccess {
 public:
  explicit Defaults(Tools& tools) : tools_(tools) {}

  Result<Reading> read(const Target& target) override {
    const std::string& domain = target.arguments.at(0);
    const std::string& key = target.arguments.at(1);
    const auto type = tools_.run(kDefaults, {"read-type", domain, key});
    if (!type) return type.error();
    if (is_absence(*type)) return Reading{};
    if (type->status != 0) return fault_of(*type, "defaults read-type " + domain + " " + key);
    const auto list = tools_.run(kDefaults, {"export", domain, "-"});
    if (!list) return list.error();
    if (list->status != 0) return fault_of(*list, "defaults export " + domain);
    auto found = find_in_plist(list->output, key);
    if (!found) return found.error().within("defaults export " + domain);
    if (!*found) {
      return Error{Errc::not_permitted, 0,
                   key + " of " + domain +
                       " is not the user's: a configuration profile decides. Mend: System Settings > "
                       "General > Device Management, or whoever manages this Mac"};
    }
    return found;
  }

  Result<void> write(const Target& target, const Reading& reading) override {
    const std::string& domain = target.arguments.at(0);
    const std::string& key = target.arguments.at(1);
    const auto exit = reading ? tools_.run(kDefaults, {"write", domain, key, plist_of(*reading)})
                              : tools_.run(kDefaults, {"delete", domain, key});
    if (!exit) return exit.error();
    if (exit->status == 0 || (!reading && is_absence(*exit))) return {};
    return fault_of(*exit, std::string("defaults ") + (reading ? "write " : "delete ") + domain + " " + key);
  }

 private:
  /// Exit status 1 alone says nothing: a refusal has it too.
  static bool is_absence(const ToolExit& exit) {
    const bool said = exit.errors.find("The domain/default pair of (") != std::string::npos &&
                      exit.errors.find(") does not exist") != std::string::npos;
    return exit.status == 1 && (said || exit.errors.find(") not found.") != std::string::npos);
  }

  Tools& tools_;
};

}  // namespace

std::unique_ptr<SettingAccess> make_defaults(Tools& tools) { return std::make_unique<Defaults>(tools); }

}  // namespace m1opt::settings
