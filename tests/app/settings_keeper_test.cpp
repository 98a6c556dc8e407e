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

TEST_CASE("what was tried and did not go well is told with what became of it, and not as an error") {
  SettingsRig rig;
  rig.machine.locked = "swappiness";
  const auto locked = rig.keeper->apply_setting("swappiness", false);
  REQUIRE(locked);
  CHECK(locked->outcome == "not_taken");
  CHECK(locked->code == "not_permitted");
  rig.machine.locked.clear();
  rig.machine.sticks = Value{"", "99"};
  const auto stuck = rig.keeper->apply_setting("swappiness", false);
  REQUIRE(stuck);
  CHECK(stuck->outcome == "failed");
  CHECK(stuck->after->text == "99");
  CHECK(mentions(stuck->text, "could not be put back"));
  rig.machine.sticks.reset();
  const auto tried = rig.keeper->undo_setting("swappiness", true);
  REQUIRE(tried);
  CHECK(tried->outcome == "changed");
  const auto undone = rig.keeper->undo_setting("swappiness", false);
  REQUIRE(undone);
  CHECK(undone->outcome == "changed");
  CHECK(undone->code.empty());
  CHECK(rig.value("swappiness") == "99");
}

TEST_CASE("what cannot be read is not told to be as before when it is put back") {
  SettingsRig rig;
  rig.apply("governor");
  rig.work(true);
  rig.machine.values.erase("governor");
  rig.work(false);
  rig.tick();
  CHECK(mentions(rig.events.back(), "governor: failed"));
  CHECK_FALSE(mentions(rig.events.back(), ", now "));
}

TEST_CASE("what m1opt has set is wanted as it was set, also when somebody has raised it since") {
  SettingsRig rig;
  rig.apply("gpu-wired-limit");
  REQUIRE(rig.value("iogpu.wired_limit_mb") == "24576");
  rig.machine.values["iogpu.wired_limit_mb"] = Value{"", "30000"};
  const auto row = rig.keeper->list_settings().settings[3];
  CHECK(row.value->text == "30000");
  CHECK(row.wanted->text == "24576");
  CHECK(row.set->text == "24576");
  CHECK(row.before->text == "0");
}

TEST_CASE("what a version with other rows has changed is listed, and put back by its name") {
  SettingsRig rig;
  settings::Record record;
  record.setting = "old-row";
  record.scope = settings::Scope::system;
  record.target = {Means::sys_file, {"mode"}};
  record.before = Value{"", "3"};
  record.set = Value{"", "4"};
  record.fate = settings::Fate::observed;
  record.boot = "boot-1";
  REQUIRE(settings::SettingsJournal::open(rig.directory.path(), settings::SettingsJournal::Use::write)->add(record));
  const auto row = rig.keeper->list_settings().settings.back();
  REQUIRE(row.name == "old-row");
  CHECK(row.why_not == "this version has no such row");
  CHECK(row.value->text == "4");
  CHECK(row.before->text == "3");
  CHECK(row.set->text == "4");
  CHECK_FALSE(row.wanted);
  CHECK(row.record == 1);
  CHECK(rig.undo("old-row") == "undone");
  CHECK(rig.value("mode") == "3");
  CHECK(rig.keeper->list_settings().settings.size() == 5);
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
  REQUIRE(list.settings[0].before);
  CHECK(list.settings[0].before->text == "60");
  CHECK_FALSE(list.settings[1].set);
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
