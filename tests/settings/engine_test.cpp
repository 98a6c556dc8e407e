#include "settings/engine.h"

#include "settings/machine.h"
#include "support/catch.h"

using namespace m1opt;
using settings::Fate;
using settings::Means;
using settings::Outcome;
using settings::Reading;
using settings::Setting;
using settings::Value;
using test::Machine;

namespace {

Setting row_of(const char* name, const char* wanted) {
  Setting row;
  row.name = name;
  row.target = {Means::defaults, {"domain", "key"}};
  row.wanted = {"integer", wanted};
  return row;
}

}  // namespace

TEST_CASE("a row that is only told is never written") {
  Machine machine;
  Setting row = row_of("told", "1");
  row.why_not = "the kernel lets nobody";
  const auto report = machine.apply(row);
  CHECK(report.outcome == Outcome::refused);
  CHECK(report.text == "the kernel lets nobody");
  CHECK(machine.there.writes == 0);
}

TEST_CASE("what cannot be read is not written") {
  Machine machine;
  machine.there.hidden = true;
  CHECK(machine.apply(row_of("a", "1")).outcome == Outcome::refused);
  CHECK(machine.there.writes == 0);
  CHECK(machine.records().empty());
}

TEST_CASE("without a journal nothing is changed") {
  Machine machine;
  std::string said;
  {
    auto journal = settings::SettingsJournal::open(machine.directory.path(), settings::SettingsJournal::Use::read);
    REQUIRE(journal);
    said = machine.engine(*journal).apply(row_of("a", "1")).text;
  }
  CHECK(said.find("reading only") != std::string::npos);
  CHECK(machine.there.writes == 0);
}

TEST_CASE("what could not be read is told as no value, by none of the steps") {
  Machine machine;
  machine.there.value = Value{"integer", "7"};
  machine.there.hides = true;
  const auto applied = machine.apply(row_of("a", "1"));
  CHECK(applied.outcome == Outcome::failed);
  CHECK(applied.before == Reading(Value{"integer", "7"}));
  CHECK_FALSE(applied.after);
  const auto undone = machine.undo().at(0);
  CHECK(undone.outcome == Outcome::failed);
  CHECK_FALSE(undone.before);
  CHECK_FALSE(undone.after);
  CHECK_FALSE(machine.verify().after);
  CHECK_FALSE(machine.recover().at(0).after);
}

TEST_CASE("a change that stays where nobody wanted it is told with the value that is there") {
  Machine machine;
  machine.there.value = Value{"integer", "7"};
  machine.there.sticks = Value{"integer", "3"};
  const auto applied = machine.apply(row_of("a", "1"));
  CHECK(applied.outcome == Outcome::failed);
  CHECK(applied.after == machine.there.sticks);
  CHECK(machine.open_records() == 1);
}

TEST_CASE("what may not be put back is told with the value that is there") {
  Machine machine;
  machine.apply(row_of("a", "1"));
  machine.there.refuses = true;
  CHECK(machine.undo().at(0).after == Reading(Value{"integer", "1"}));
}

TEST_CASE("two changes of one key are undone last first") {
  Machine machine;
  machine.there.value = Value{"integer", "7"};
  machine.apply(row_of("a", "1"));
  machine.apply(row_of("b", "2"));
  const auto reports = machine.undo();
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].setting == "b");
  CHECK(reports[1].setting == "a");
  CHECK(machine.there.value == Reading(Value{"integer", "7"}));
}

TEST_CASE("undo takes only what it was asked for") {
  Machine machine;
  machine.apply(row_of("a", "1"));
  auto journal = machine.open();
  CHECK(machine.engine(journal).undo([](const settings::Record& record) { return record.setting == "b"; }).empty());
  CHECK(machine.there.value == Reading(Value{"integer", "1"}));
}

TEST_CASE("undo that is refused stays open, and works when it is permitted again") {
  Machine machine;
  machine.apply(row_of("a", "1"));
  machine.there.refuses = true;
  REQUIRE(machine.undo().size() == 1);
  CHECK(machine.open_records() == 1);
  machine.there.refuses = false;
  CHECK(machine.undo().at(0).outcome == Outcome::undone);
  CHECK_FALSE(machine.there.value);
}

TEST_CASE("undo that cannot read changes nothing and stays open") {
  Machine machine;
  machine.apply(row_of("a", "1"));
  machine.there.hidden = true;
  CHECK(machine.undo().at(0).outcome == Outcome::failed);
  machine.there.hidden = false;
  CHECK(machine.open_records() == 1);
}

TEST_CASE("undo works in a later boot, months later") {
  Machine machine;
  machine.there.value = Value{"integer", "7"};
  machine.apply(row_of("a", "1"));
  machine.boot = "boot-2";
  machine.clock.shift_wall(std::chrono::hours(24 * 200));
  CHECK(machine.recover().empty());
  CHECK(machine.undo().at(0).outcome == Outcome::undone);
  CHECK(machine.there.value == Reading(Value{"integer", "7"}));
}

TEST_CASE("what a reboot ends is closed after it, and not written") {
  Machine machine;
  Setting row = row_of("a", "1");
  row.lifetime = settings::Lifetime::until_reboot;
  machine.apply(row);
  machine.boot = "boot-2";
  machine.there.value = Value{"integer", "0"};
  const int writes = machine.there.writes;
  REQUIRE(machine.recover().size() == 1);
  CHECK(machine.open_records() == 0);
  CHECK(machine.there.writes == writes);
  CHECK(machine.there.value == Reading(Value{"integer", "0"}));
}

TEST_CASE("the history keeps what was, what was set, and what became of it") {
  Machine machine;
  machine.there.value = Value{"integer", "7"};
  machine.apply(row_of("a", "1"));
  machine.clock.advance(std::chrono::seconds(5));
  machine.undo();
  const auto records = machine.records();
  REQUIRE(records.size() == 1);
  CHECK(records[0].before == Reading(Value{"integer", "7"}));
  CHECK(records[0].set == Reading(Value{"integer", "1"}));
  CHECK(records[0].fate == Fate::undone);
  CHECK_FALSE(records[0].open);
  CHECK(records[0].ended_ms - records[0].wall_ms == 5000);
}
