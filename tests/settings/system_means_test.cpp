// pmset, mdutil, tmutil and sysctl, over their stand-ins.
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

namespace {

struct WholeMac {
  test::StandIns programs;
  std::unique_ptr<settings::Tools> tools = settings::make_tools();
  std::unique_ptr<settings::SettingAccess> access = settings::make_access(*tools);

  [[nodiscard]] Reading value(const Target& target) const { return access->read(target).value(); }
  [[nodiscard]] base::Error refusal(const Target& target, const char* text) const {
    const auto written = access->write(target, Value{{}, text});
    REQUIRE_FALSE(written);
    return written.error();
  }
};

bool tells(const base::Error& error, std::string_view words) {
  INFO(error.what);
  return error.what.find(words) != std::string::npos;
}

const Target kNap{Means::pmset, {"ac", "powernap"}};
const Target kVolume{Means::mdutil, {"/System/Volumes/Data"}};
const Target kBackup{Means::tmutil, {}};
const Target kLimit{Means::sysctl, {"iogpu.wired_limit_mb"}};

}  // namespace

TEST_CASE("each row of the whole Mac goes through its tool and back, and leaves the state of all tools as it was") {
  for (settings::Setting row : settings::table(settings::System::macos)) {
    if (row.scope != settings::Scope::system || !row.changes()) continue;
    INFO(row.name);
    WholeMac mac;
    mac.programs.say("full_disk_access", "");
    if (row.wanted.text.empty()) row.wanted.text = "24576";
    test::TempDir directory;
    test::FakeClock clock;
    auto journal = settings::SettingsJournal::open(directory.path(), settings::SettingsJournal::Use::write).value();
    settings::Engine engine(*mac.access, journal, clock, base::BootId{"boot"});
    const Reading before = mac.value(row.target);
    const auto applied = engine.apply(row);
    INFO(applied.text);
    CHECK(applied.outcome == Outcome::observed);
    CHECK(mac.value(row.target) == Reading(row.wanted));
    const auto undone = engine.undo();
    REQUIRE(undone.size() == 1);
    INFO(undone[0].text);
    CHECK(undone[0].outcome == Outcome::undone);
    CHECK(mac.value(row.target) == before);
    for (const char* file : {"pmset.json", "mdutil.json", "sysctl.json"}) CHECK(mac.programs.text(file).empty());
    CHECK(mac.programs.text("defaults/Library/Preferences/com.apple.TimeMachine.plist").empty());
  }
}

TEST_CASE("a value that only can be reported is read, and the kernel's refusal is told as such") {
  WholeMac mac;
  const Target mode{Means::sysctl, {"vm.compressor_mode"}};
  CHECK(mac.value(mode) == Reading(Value{{}, "4"}));
  const auto error = mac.refusal(mode, "2");
  CHECK(error.code == Errc::unsupported);
  CHECK(tells(error, "lets nobody change vm.compressor_mode"));
}

TEST_CASE("pmset changes the one source and leaves the other") {
  WholeMac mac;
  REQUIRE(mac.access->write({Means::pmset, {"battery", "powernap"}}, Value{{}, "1"}));
  CHECK(mac.value({Means::pmset, {"battery", "powernap"}}) == Reading(Value{{}, "1"}));
  CHECK(mac.value({Means::pmset, {"battery", "sleep"}}) == Reading(Value{{}, "1"}));
  REQUIRE(mac.access->write(kNap, Value{{}, "0"}));
  CHECK(mac.value(kNap) == Reading(Value{{}, "0"}));
  CHECK(mac.value({Means::pmset, {"battery", "powernap"}}) == Reading(Value{{}, "1"}));
}

TEST_CASE("pmset without root, without a battery and with a key that it does not know says which it is") {
  WholeMac mac;
  mac.programs.say("not_root", "");
  CHECK(mac.refusal(kNap, "0").code == Errc::not_permitted);
  CHECK(mac.value(kNap) == Reading(Value{{}, "1"}));
  mac.programs.forget("not_root");
  CHECK(tells(mac.refusal({Means::pmset, {"ac", "warpdrive"}}, "1"), "does not take"));
  CHECK(tells(mac.access->read({Means::pmset, {"ac", "warpdrive"}}).error(), "no setting \"warpdrive\""));
  CHECK(tells(mac.access->read({Means::pmset, {"steam", "sleep"}}).error(), "no such power source"));
  CHECK_FALSE(mac.access->write(kNap, Reading{}));
  mac.programs.say("pmset.json", R"({"AC Power": {"sleep": 1}})");
  const auto error = mac.access->read({Means::pmset, {"battery", "sleep"}}).error();
  CHECK(error.code == Errc::unsupported);
  CHECK(tells(error, "on battery"));
}

TEST_CASE("mdutil knows volumes alone, and says so of a directory") {
  WholeMac mac;
  CHECK(mac.value(kVolume) == Reading(Value{{}, "on"}));
  const Target directory{Means::mdutil, {"/Users/a/.ollama"}};
  CHECK(mac.access->read(directory).error().code == Errc::unsupported);
  CHECK(tells(mac.refusal(directory, "off"), ".noindex"));
}

TEST_CASE("an index that was off with searching is put back to exactly that") {
  WholeMac mac;
  REQUIRE(mac.access->write(kVolume, Value{{}, "searching-off"}));
  const Reading before = mac.value(kVolume);
  CHECK(before == Reading(Value{{}, "searching-off"}));
  REQUIRE(mac.access->write(kVolume, Value{{}, "off"}));
  CHECK(mac.value(kVolume) == Reading(Value{{}, "off"}));
  REQUIRE(mac.access->write(kVolume, before));
  CHECK(mac.value(kVolume) == before);
}

TEST_CASE("a volume whose configuration is closed stays as it is, and the pane is named") {
  WholeMac mac;
  mac.programs.say("refused", "/System/Volumes/Data\n");
  const auto error = mac.refusal(kVolume, "off");
  CHECK(error.code == Errc::not_permitted);
  CHECK(tells(error, "System Settings"));
  mac.programs.forget("refused");
  CHECK(mac.value(kVolume) == Reading(Value{{}, "on"}));
}

TEST_CASE("backups without Full Disk Access: the daemon is what has to get it, and nothing is changed") {
  WholeMac mac;
  CHECK(mac.value(kBackup) == Reading{});
  const auto error = mac.refusal(kBackup, "off");
  CHECK(error.code == Errc::not_permitted);
  CHECK(tells(error, "/Library/PrivilegedHelperTools/m1optd"));
  CHECK(mac.value(kBackup) == Reading{});
}

TEST_CASE("backups are put back to on, to off and to never decided") {
  WholeMac mac;
  mac.programs.say("full_disk_access", "");
  for (const Reading& before : {Reading(Value{{}, "on"}), Reading(Value{{}, "off"}), Reading{}}) {
    REQUIRE(mac.access->write(kBackup, before));
    CHECK(mac.value(kBackup) == before);
    REQUIRE(mac.access->write(kBackup, Value{{}, "off"}));
    CHECK(mac.value(kBackup) == Reading(Value{{}, "off"}));
    REQUIRE(mac.access->write(kBackup, before));
    CHECK(mac.value(kBackup) == before);
  }
}

TEST_CASE("a name that the kernel has not got is told as such, and who is not root as that") {
  WholeMac mac;
  const Target absent{Means::sysctl, {"debug.iogpu.wired_limit"}};
  CHECK(mac.access->read(absent).error().code == Errc::unsupported);
  CHECK(tells(mac.refusal(absent, "1"), "has no debug.iogpu.wired_limit"));
  mac.programs.say("not_root", "");
  CHECK(mac.refusal(kLimit, "24576").code == Errc::not_permitted);
  CHECK(mac.value(kLimit) == Reading(Value{{}, "0"}));
}
