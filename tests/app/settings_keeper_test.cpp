#include "app/settings_keeper.h"

#include <filesystem>
#include <fstream>

#include "settings_rig.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::test;
using namespace std::chrono_literals;

TEST_CASE("a setting that lasts is set at once, stays over restarts, and is put back when it is asked for") {
  SettingsRig rig;
  CHECK(rig.apply("swappiness") == "observed");
  CHECK(rig.value("swappiness") == "10");
  CHECK(rig.apply("swappiness") == "already");
  rig.start();
  CHECK(rig.value("swappiness") == "10");
  CHECK(rig.keeper->findings().empty());
  CHECK(rig.undo("swappiness") == "undone");
  CHECK(rig.value("swappiness") == "60");
  CHECK(rig.undo("swappiness") == "already");
  CHECK(rig.keeper->settings_history()->records.size() == 1);
  CHECK_FALSE(rig.keeper->settings_history()->records[0].open);
}

TEST_CASE("what this machine has not got is refused, and not wished for") {
  SettingsRig rig;
  CHECK(mentions(rig.apply("absent"), "has no nowhere"));
  CHECK(mentions(rig.apply("compressor-mode"), "the kernel lets nobody"));
  CHECK(mentions(rig.apply("nothing"), "there is no setting"));
  rig.work(true);
  CHECK(rig.machine.writes == 0);
  CHECK_FALSE(std::filesystem::exists(rig.directory / "wished_settings.txt"));
}

TEST_CASE("a damaged journal changes nothing, is kept, and stays in health until the next start") {
  SettingsRig rig;
  rig.apply("governor");
  std::ofstream(rig.journal()) << "{ half a file";
  const int writes = rig.machine.writes;
  CHECK(mentions(rig.apply("swappiness"), "is damaged"));
  CHECK(rig.machine.writes == writes);
  CHECK(rig.value("swappiness") == "60");
  CHECK(std::filesystem::exists(rig.journal() + ".damaged-1"));
  CHECK(rig.apply("swappiness") == "observed");
  REQUIRE(rig.keeper->findings().size() == 1);
  CHECK(mentions(rig.keeper->findings()[0].text, "settings.json.damaged-1"));
}

TEST_CASE("a damaged journal at the start is told, and undoes nothing by guess") {
  SettingsRig rig;
  rig.apply("governor");
  rig.work(true);
  std::ofstream(rig.journal()) << "{ half a file";
  rig.decision.working.clear();
  rig.start();
  CHECK(rig.value("governor") == "performance");
  REQUIRE(rig.keeper->findings().size() == 1);
  CHECK(rig.keeper->findings()[0].severity == Severity::error);
  CHECK(mentions(rig.events.back(), "is damaged"));
}

TEST_CASE("a journal of a newer m1opt is left as it is, and nothing is changed") {
  SettingsRig rig;
  std::ofstream(rig.journal()) << R"({"schema": "m1opt.settings_journal/2", "records": []})";
  for (const char* name : {"swappiness", "governor", "gpu-wired-limit"}) CHECK(mentions(rig.apply(name), "newer m1opt"));
  rig.work(true);
  CHECK(rig.machine.writes == 0);
  CHECK(std::filesystem::exists(rig.journal()));
  std::filesystem::remove(rig.journal());
  CHECK(rig.apply("swappiness") == "observed");
  CHECK(rig.keeper->findings().empty());
}

TEST_CASE("while another program changes settings nothing is, and it is no finding") {
  SettingsRig rig;
  {
    const auto other = settings::SettingsJournal::open(rig.directory.path(), settings::SettingsJournal::Use::write);
    REQUIRE(other);
    CHECK(mentions(rig.apply("swappiness"), "another m1opt"));
    CHECK(mentions(rig.apply("governor"), "another m1opt"));
    CHECK(rig.machine.writes == 0);
  }
  CHECK(rig.keeper->findings().empty());
  CHECK(rig.apply("swappiness") == "observed");
}

TEST_CASE("a daemon that does not act reads, tries, and writes nothing") {
  SettingsRig rig;
  rig.acts = false;
  rig.start();
  CHECK(rig.apply("swappiness") == "would");
  CHECK(rig.apply("governor") == "would");
  CHECK(rig.undo("swappiness") == "already");
  rig.work(true);
  CHECK(rig.machine.writes == 0);
  CHECK(std::filesystem::is_empty(rig.directory.path()));
}

TEST_CASE("to try says what would be set and put back, and changes nothing") {
  SettingsRig rig;
  const auto tried = rig.keeper->apply_setting("swappiness", true);
  REQUIRE(tried);
  CHECK(tried->outcome == "would");
  CHECK(tried->before->text == "60");
  CHECK(tried->after->text == "10");
  CHECK(rig.machine.writes == 0);
  rig.apply("swappiness");
  const auto back = rig.keeper->undo_setting("swappiness", true);
  REQUIRE(back);
  CHECK(back->outcome == "would");
  CHECK(back->before->text == "10");
  CHECK(back->after->text == "60");
  CHECK(rig.value("swappiness") == "10");
}

TEST_CASE("the list has each row with its value, its wish and its record, and asks the machine once in five seconds") {
  SettingsRig rig;
  rig.apply("swappiness");
  rig.apply("governor");
  const auto list = rig.keeper->list_settings();
  REQUIRE(list.settings.size() == 5);
  CHECK(list.system == "linux");
  CHECK_FALSE(list.fault);
  CHECK(list.settings[0].value->text == "10");
  CHECK(list.settings[0].record == 1);
  CHECK(list.settings[1].wished);
  CHECK_FALSE(list.settings[1].record);
  CHECK_FALSE(list.settings[2].value);
  CHECK(mentions(list.settings[2].problem, "has no nowhere"));
  CHECK(list.settings[3].wanted->text == "24576");
  CHECK(list.settings[4].value->text == "4");
  CHECK_FALSE(list.settings[4].wanted);
  const int reads = rig.machine.reads;
  (void)rig.keeper->list_settings();
  CHECK(rig.machine.reads == reads);
  rig.clock.advance(5s);
  (void)rig.keeper->list_settings();
  CHECK(rig.machine.reads > reads);
}
