#include "settings/machine.h"
#include "settings/stand_ins.h"
#include "settings/tools.h"
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

const Target kDock{Means::defaults, {"com.apple.dock", "autohide"}};

std::string plist(const std::string& inside) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict>" + inside + "</dict></plist>\n";
}

struct Mac {
  StandIns programs;
  std::unique_ptr<settings::Tools> tools = settings::make_tools();
  std::unique_ptr<settings::SettingAccess> defaults = settings::make_defaults(*tools);
};

}  // namespace

TEST_CASE("a key that is not there is absent, in a domain that is there and in one that is not") {
  Mac mac;
  CHECK(mac.defaults->read(kDock).value() == Reading{});
  mac.programs.say("defaults/com.apple.dock.plist", plist("<key>tilesize</key><integer>48</integer>"));
  CHECK(mac.defaults->read(kDock).value() == Reading{});
}

TEST_CASE("every type of value is read, written over, and put back to the same bytes") {
  const std::vector<std::pair<std::string, Value>> values{
      {"<true/>", {"boolean", "true"}},
      {"<integer>-7</integer>", {"integer", "-7"}},
      {"<real>0.30000000000000004</real>", {"float", "0.30000000000000004"}},
      {"<string>a &amp; b &lt;c&gt;</string>", {"string", "a & b <c>"}},
      {"<string></string>", {"string", ""}},
      {"<array>\n\t\t<string>x</string>\n\t\t<dict/>\n\t</array>", {"array", ""}},
      {"<dict>\n\t\t<key>autohide</key>\n\t\t<false/>\n\t</dict>", {"dictionary", ""}},
      {"<date>2026-08-01T10:11:12Z</date>", {"date", ""}},
      {"<data>\n\tAAEC\n\t</data>", {"data", ""}},
  };
  for (const auto& [element, value] : values) {
    INFO(element);
    Mac mac;
    // As the stand-in itself writes it.
    REQUIRE(mac.defaults->write({Means::defaults, {"com.apple.dock", "zoom"}}, Value{"integer", "1"}));
    mac.programs.say("defaults/com.apple.dock.plist", plist("<key>autohide</key>" + element));
    const auto before = mac.defaults->read(kDock).value();
    REQUIRE(before);
    CHECK(before->type == value.type);
    if (element.find('\t') == std::string::npos && value.type != "date") CHECK(before->text == value.text);
    REQUIRE(mac.defaults->write(kDock, before));
    const std::string exact = mac.programs.text("defaults/com.apple.dock.plist");
    REQUIRE(mac.defaults->write(kDock, Value{"boolean", "false"}));
    CHECK(mac.programs.text("defaults/com.apple.dock.plist") != exact);
    REQUIRE(mac.defaults->write(kDock, before));
    CHECK(mac.programs.text("defaults/com.apple.dock.plist") == exact);
    CHECK(settings::same(mac.defaults->read(kDock).value(), before));
  }
}

TEST_CASE("each row of the table goes through defaults and back to the same bytes") {
  for (const auto& row : settings::table(settings::System::macos)) {
    if (row.target.means != Means::defaults) continue;
    INFO(row.name);
    const std::string file = "defaults/" + row.target.arguments[0] + ".plist";
    for (const auto& beginning : test::beginnings(row)) {
      INFO(beginning.name);
      Mac mac;
      mac.programs.say("full_disk_access", "");
      test::TempDir directory;
      test::FakeClock clock;
      auto journal = settings::SettingsJournal::open(directory.path(), settings::SettingsJournal::Use::write).value();
      settings::Engine engine(*mac.defaults, journal, clock, base::BootId{"boot"});
      if (beginning.value) REQUIRE(mac.defaults->write(row.target, beginning.value));
      const std::string before = mac.programs.text(file);
      const auto report = engine.apply(row);
      INFO(report.text);
      CHECK((report.outcome == Outcome::observed || report.outcome == Outcome::already));
      CHECK(settings::same(mac.defaults->read(row.target).value(), row.wanted));
      engine.undo();
      CHECK(mac.programs.text(file) == before);
      CHECK(journal.open_records().empty());
    }
  }
}

TEST_CASE("a domain behind Full Disk Access says which pane opens it, and stays as it was") {
  Mac mac;
  const Target target{Means::defaults, {"com.apple.universalaccess", "reduceTransparency"}};
  CHECK(mac.defaults->read(target).value() == Reading{});
  const auto written = mac.defaults->write(target, Value{"boolean", "true"});
  REQUIRE_FALSE(written);
  CHECK(written.error().code == Errc::not_permitted);
  CHECK(written.error().what.find("Privacy & Security > Full Disk Access") != std::string::npos);
  CHECK(mac.programs.text("defaults/com.apple.universalaccess.plist").empty());
}

TEST_CASE("a refusal of defaults is an error and no absent key, to read and to remove") {
  struct Refusing final : settings::Tools {
    base::Result<settings::ToolExit> run(const std::string&, const std::vector<std::string>&,
                                         const std::vector<std::string>&) override {
      settings::ToolExit exit;
      exit.status = 1;
      exit.errors = "defaults[12:34] Couldn't synchronise with cfprefsd\n";
      return exit;
    }
    std::optional<std::string> variable(std::string_view) const override { return std::nullopt; }
  } tools;
  const auto defaults = settings::make_defaults(tools);
  CHECK_FALSE(defaults->read(kDock));
  CHECK_FALSE(defaults->write(kDock, Reading{}));
}

TEST_CASE("what a configuration profile sets is not taken for the user's") {
  Mac mac;
  mac.programs.say("managed.json", R"({"com.apple.dock": {"autohide": true}})");
  const auto read = mac.defaults->read(kDock);
  REQUIRE_FALSE(read);
  CHECK(read.error().what.find("configuration profile") != std::string::npos);
}

TEST_CASE("to remove what is not there is no error") {
  Mac mac;
  CHECK(mac.defaults->write(kDock, Reading{}));
}

TEST_CASE("a tool that is not there is an error, not an absent key") {
  Mac mac;
  std::filesystem::remove(mac.programs.path() + "/defaults");
  CHECK_FALSE(mac.defaults->read(kDock));
}
