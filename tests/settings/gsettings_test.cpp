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
  StandIns programs;
  std::unique_ptr<settings::Tools> tools = settings::make_tools();
  std::unique_ptr<settings::SettingAccess> access = settings::make_gsettings(*tools);
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
