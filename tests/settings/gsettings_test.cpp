#include <unistd.h>

#include "settings/dconf_profile.h"
#include "settings/machine.h"
#include "settings/stand_ins.h"
#include "support/catch.h"

using namespace m1opt;
using base::Errc;
using settings::Means;
using settings::Outcome;
using settings::Reading;
using settings::Target;
using settings::Value;
using test::StandIns;

namespace {

const Target kAnimations{Means::gsettings, {"org.gnome.desktop.interface", "enable-animations"}};

struct Desktop {
  explicit Desktop(std::vector<std::string> environment = {}) : tools(settings::make_tools(std::move(environment))) {}

  StandIns programs;
  std::unique_ptr<settings::Tools> tools;
  std::unique_ptr<settings::SettingAccess> access = settings::make_gsettings(*tools);
};

constexpr const char* kSiteHas = R"({"/org/gnome/desktop/interface/enable-animations": "true"})";

/// A desktop whose session has that profile.
struct Site {
  explicit Site(const std::string& profile) {
    std::ofstream(directory / "profile") << profile;
    desktop.programs.say("system_site.json", kSiteHas);
  }

  test::TempDir directory;
  Desktop desktop{{"DCONF_PROFILE=" + (directory / "profile")}};
};

}  // namespace

TEST_CASE("a default that is in force is absent, what a user has set is not, even if it is the same") {
  Desktop desktop;
  CHECK(desktop.access->read(kAnimations).value() == Reading{});
  desktop.programs.say("dconf.json", R"({"/org/gnome/desktop/interface/enable-animations": "true"})");
  CHECK(desktop.access->read(kAnimations).value() == Reading(Value{"variant", "true"}));
}

TEST_CASE("each row of the table goes through dconf and back to the same bytes") {
  for (const auto& row : settings::table(settings::System::linux)) {
    if (row.target.means != Means::gsettings) continue;
    INFO(row.name);
    for (const char* found : {"", "@as []", "false", "true", "uint32 7", "'a string'"}) {
      INFO(found);
      Desktop desktop;
      if (*found != '\0') REQUIRE(desktop.access->write(row.target, Value{"variant", found}));
      const std::string before = desktop.programs.text("dconf.json");
      test::TempDir directory;
      test::FakeClock clock;
      auto journal = settings::SettingsJournal::open(directory.path(), settings::SettingsJournal::Use::write).value();
      settings::Engine engine(*desktop.access, journal, clock, base::BootId{"boot"});
      const auto report = engine.apply(row);
      INFO(report.text);
      CHECK((report.outcome == Outcome::observed || report.outcome == Outcome::already));
      engine.undo();
      CHECK(desktop.programs.text("dconf.json") == before);
    }
  }
}

TEST_CASE("a desktop without that schema says so") {
  Desktop desktop;
  desktop.programs.say("schemas", "org.mate.interface /org/mate/interface/ enable-animations\n");
  const auto read = desktop.access->read(kAnimations);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Errc::unsupported);
  CHECK(read.error().what.find("this desktop has no org.gnome.desktop.interface") != std::string::npos);
}

TEST_CASE("a key that an administrator holds is not written") {
  Desktop desktop;
  desktop.programs.say("locked", "/org/gnome/desktop/interface/enable-animations\n");
  const auto written = desktop.access->write(kAnimations, Value{"variant", "false"});
  REQUIRE_FALSE(written);
  CHECK(written.error().code == Errc::not_permitted);
  CHECK(desktop.programs.text("dconf.json").empty());
}

TEST_CASE("without a session of a desktop nothing is written, and that is said") {
  Desktop desktop;
  desktop.programs.say("no_session", "");
  const auto written = desktop.access->write(kAnimations, Value{"variant", "false"});
  REQUIRE_FALSE(written);
  CHECK(written.error().what.find("no session of a desktop") != std::string::npos);
}

TEST_CASE("without dconf nothing is changed, since what the user has set cannot be told") {
  Desktop desktop;
  std::filesystem::remove(desktop.programs.path() + "/dconf");
  const auto read = desktop.access->read(kAnimations);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Errc::unsupported);
  CHECK(read.error().what.find("dconf-cli") != std::string::npos);
}

TEST_CASE("what a site sets for all is not set by the user, and undo leaves the user's own database without it") {
  for (const char* first : {"user-db:user", "# ours\n\n  user-db:joe # his\n", "service-db:keyfile/user"}) {
    INFO(first);
    Site site(std::string(first) + "\nsystem-db:site\n");
    const std::string own = std::string_view(first) == "user-db:user" ? "dconf.json"
                            : first[0] == '#'                         ? "dconf_joe.json"
                                                                      : "dconf_keyfile_user.json";
    CHECK(site.desktop.access->read(kAnimations).value() == Reading{});
    test::TempDir directory;
    test::FakeClock clock;
    auto journal = settings::SettingsJournal::open(directory.path(), settings::SettingsJournal::Use::write).value();
    settings::Engine engine(*site.desktop.access, journal, clock, base::BootId{"boot"});
    CHECK(engine.apply(*settings::find(settings::System::linux, "desktop-animations")).outcome == Outcome::observed);
    CHECK_FALSE(site.desktop.programs.text(own).empty());
    CHECK(engine.undo().at(0).outcome == Outcome::undone);
    CHECK(site.desktop.programs.text(own).empty());
    CHECK(site.desktop.programs.text("system_site.json") == kSiteHas);
  }
}

TEST_CASE("a profile in which the user has no database is refused, and nothing is written") {
  for (const char* profile : {"system-db:site\nuser-db:user\n", "nonsense\n", ""}) {
    INFO(profile);
    Site site(profile);
    const auto read = site.desktop.access->read(kAnimations);
    REQUIRE_FALSE(read);
    CHECK(read.error().what.find("does not begin with a database of the user's") != std::string::npos);
  }
}

TEST_CASE("a profile that is not there is no profile without values") {
  Desktop desktop({"DCONF_PROFILE=/nonexistent/profile"});
  const auto read = desktop.access->read(kAnimations);
  REQUIRE_FALSE(read);
  CHECK(read.error().what.find("DCONF_PROFILE names /nonexistent/profile") != std::string::npos);
  CHECK_FALSE(desktop.access->write(kAnimations, Value{"variant", "false"}));
}

TEST_CASE("without DCONF_PROFILE the session's profile counts, then the system's, then an administrator's forbids it") {
  test::TempDir root;
  ::setenv("M1OPT_SYS_ROOT", root.path().c_str(), 1);
  const auto say = [&root](const std::string& path, const char* text) {
    std::filesystem::create_directories(std::filesystem::path(root.path() + path).parent_path());
    std::ofstream(root.path() + path) << text;
  };
  const auto tools = settings::make_tools({"XDG_RUNTIME_DIR=" + root.path() + "/runtime", "XDG_DATA_DIRS=/usr/share"});
  const auto found = [&tools] { return settings::user_database(*tools).value(); };
  CHECK(found() == "user-db:user");
  say("/usr/share/dconf/profile/user", "user-db:vendor\n");
  CHECK(found() == "user-db:vendor");
  say("/etc/dconf/profile/user", "user-db:admin\nsystem-db:local\n");
  CHECK(found() == "user-db:admin");
  say("/runtime/dconf/profile", "user-db:session\n");
  CHECK(found() == "user-db:session");
  say("/run/dconf/user/" + std::to_string(::getuid()), "user-db:user\n");
  CHECK(settings::user_database(*tools).error().what.find("prescribes the profile of dconf") != std::string::npos);
  ::unsetenv("M1OPT_SYS_ROOT");
}

TEST_CASE("what dconf is asked with is gone afterwards") {
  Site site("user-db:user\nsystem-db:site\n");
  test::TempDir temporary;
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before != nullptr ? before : "";
  ::setenv("TMPDIR", temporary.path().c_str(), 1);
  CHECK(site.desktop.access->read(kAnimations).value() == Reading{});
  CHECK(std::filesystem::is_empty(temporary.path()));
  kept.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", kept.c_str(), 1);
}
