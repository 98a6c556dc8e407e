// gsettings tells a value, but not whether the user set it or it is the default in force, which undo
// must know. dconf, where a desktop keeps what users set, does.
#include <cerrno>

#include "base/temporary_file.h"
#include "platform/text.h"
#include "settings/access.h"
#include "settings/dconf_profile.h"

namespace m1opt::settings {

namespace {

constexpr const char* kSettings = "/usr/bin/gsettings";
constexpr const char* kStore = "/usr/bin/dconf";

class GSettings final : public SettingAccess {
 public:
  explicit GSettings(Tools& tools) : tools_(tools) {}

  Result<Reading> read(const Target& target) override {
    const auto path = path_of(target);
    if (!path) return path.error();
    // Asked as usual it tells a value that is set for all too, which undo would then pin as this user's.
    const auto database = user_database(tools_);
    if (!database) return database.error();
    const auto profile = TemporaryFile::make("m1opt-dconf-profile", *database + "\n");
    if (!profile) return profile.error();
    const auto text = ask(kStore, {"read", *path}, {"DCONF_PROFILE=" + profile->path()});
    if (!text) return text.error();
    return text->empty() ? Reading{} : Reading(Value{"variant", *text});
  }

  Result<void> write(const Target& target, const Reading& reading) override {
    const auto path = path_of(target);
    if (!path) return path.error();
    const std::string& key = target.arguments.at(1);
    const auto writable = ask(kSettings, {"writable", target.arguments.at(0), key});
    if (!writable) return writable.error();
    if (*writable != "true") {
      return Error{Errc::not_permitted, 0,
                   key + " is locked by whoever administers this machine (/etc/dconf/db). Mend: ask them"};
    }
    const auto done = reading ? ask(kStore, {"write", *path, reading->text}) : ask(kStore, {"reset", *path});
    if (!done) return done.error();
    return {};
  }

 private:
  /// Not every schema's is its name with slashes, and a value in a wrong place nobody reads.
  Result<std::string> path_of(const Target& target) {
    const std::string& schema = target.arguments.at(0);
    const auto paths = ask(kSettings, {"list-schemas", "--print-paths"});
    if (!paths) return paths.error();
    for (std::string_view rest = *paths; !rest.empty();) {
      std::string_view line = platform::take_line(rest);
      if (platform::take_word(line) != schema) continue;
      return std::string(platform::trim(line)) + target.arguments.at(1);
    }
    return Error{Errc::unsupported, 0,
                 "this desktop has no " + schema + ". Mend: nothing, the setting is not needed here"};
  }

  Result<std::string> ask(const char* tool, const std::vector<std::string>& words,
                          const std::vector<std::string>& environment = {}) {
    const auto exit = tools_.run(tool, words, environment);
    if (!exit && exit.error().os_errno == ENOENT) {
      return Error{Errc::unsupported, ENOENT,
                   std::string(tool) + " is not here, so what the user has set cannot be told. Mend: "
                                       "install the packages libglib2.0-bin and dconf-cli"};
    }
    if (!exit) return exit.error();
    if (exit->status != 0) return fault_of(*exit, tool + (' ' + words.at(0)) + ' ' + words.at(1));
    // It says so and goes on, with exit status 0, as if nothing were set anywhere.
    if (exit->errors.find("using the null configuration") != std::string::npos) {
      return Error{Errc::io, 0, std::string(platform::trim(exit->errors))};
    }
    return std::string(platform::trim(exit->output));
  }

  Tools& tools_;
};

}  // namespace

std::unique_ptr<SettingAccess> make_gsettings(Tools& tools) { return std::make_unique<GSettings>(tools); }

}  // namespace m1opt::settings
