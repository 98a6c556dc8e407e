// Each row of the table, from every state in which it may be found, by every way it can go wrong.
// Made from the table: a new row is tried without a line here.
#include "settings/machine.h"
#include "support/catch.h"

using namespace m1opt;
using settings::Outcome;
using settings::Reading;
using settings::Setting;
using test::Beginning;
using test::Machine;

namespace {

void for_each_beginning(const std::function<void(const Setting&, const Beginning&)>& work) {
  for (const Setting& row : test::changing_rows()) {
    for (const Beginning& beginning : test::beginnings(row)) {
      INFO(row.name << " found " << beginning.name);
      work(row, beginning);
    }
  }
}

bool is_wanted_already(const Setting& row, const Beginning& beginning) {
  return settings::same(row.wanted, beginning.value);
}

}  // namespace

TEST_CASE("each row is set, read back and put back exactly as it was found; a second undo does no harm") {
  for_each_beginning([](const Setting& row, const Beginning& beginning) {
    Machine machine;
    machine.there.value = beginning.value;
    const auto applied = machine.apply(row);
    CHECK(applied.outcome == (is_wanted_already(row, beginning) ? Outcome::already : Outcome::observed));
    CHECK(machine.there.value == Reading(row.wanted));
    CHECK(machine.open_records() == (is_wanted_already(row, beginning) ? 0U : 1U));
    for (const auto& report : machine.undo()) CHECK(report.outcome == Outcome::undone);
    CHECK(machine.there.value == beginning.value);
    const int writes = machine.there.writes;
    CHECK(machine.undo().empty());
    CHECK(machine.there.value == beginning.value);
    CHECK(machine.there.writes == writes);
  });
}

TEST_CASE("a row that is as wanted is not written at all, and undo leaves it") {
  for (const Setting& row : test::changing_rows()) {
    INFO(row.name);
    Machine machine;
    machine.there.value = row.wanted;
    CHECK(machine.apply(row).outcome == Outcome::already);
    machine.undo();
    CHECK(machine.there.writes == 0);
    CHECK(machine.records().empty());
  }
}

TEST_CASE("a row that cannot be written stays as it was found, and is told with the reason") {
  for_each_beginning([](const Setting& row, const Beginning& beginning) {
    if (is_wanted_already(row, beginning)) return;
    Machine machine;
    machine.there.value = beginning.value;
    machine.there.refuses = true;
    const auto report = machine.apply(row);
    CHECK(report.outcome == Outcome::not_taken);
    CHECK(report.text == "may not be written");
    CHECK(report.code == base::Errc::not_permitted);
    CHECK(machine.there.value == beginning.value);
    CHECK(machine.open_records() == 0);
    CHECK(machine.undo().empty());
  });
}

TEST_CASE("a row that the system takes and does not do is not told as done") {
  for_each_beginning([](const Setting& row, const Beginning& beginning) {
    if (is_wanted_already(row, beginning)) return;
    Machine machine;
    machine.there.value = beginning.value;
    machine.there.ignores = true;
    CHECK(machine.apply(row).outcome == Outcome::not_taken);
    CHECK(machine.open_records() == 0);
    CHECK(machine.there.value == beginning.value);
  });
}

TEST_CASE("a row that somebody changed since is left as it is, told, and not touched by later undos") {
  for_each_beginning([](const Setting& row, const Beginning& beginning) {
    if (is_wanted_already(row, beginning)) return;
    const Reading theirs = settings::Value{"string", "theirs"};
    Machine machine;
    machine.there.value = beginning.value;
    machine.apply(row);
    machine.there.value = theirs;
    CHECK(machine.verify().outcome == Outcome::changed);
    const auto reports = machine.undo();
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].outcome == Outcome::changed);
    CHECK(reports[0].text.find("theirs") != std::string::npos);
    CHECK(machine.there.value == theirs);
    CHECK(machine.undo().empty());
    CHECK(machine.there.value == theirs);
  });
}

#ifdef M1OPT_FAULT_POINTS
namespace {

/// A user's whole course.
void whole_course(Machine& machine, const Setting& row) {
  machine.apply(row);
  machine.undo();
}

}  // namespace

TEST_CASE("after a crash at any step undo brings back exactly what was found, with and without a recovery") {
  for_each_beginning([](const Setting& row, const Beginning& beginning) {
    Machine tried;
    tried.there.value = beginning.value;
    const auto points = test::points_of([&] { whole_course(tried, row); });
    CHECK((points.empty() == is_wanted_already(row, beginning)));
    for (const std::string& point : points) {
      for (const bool recovers : {false, true}) {
        INFO("killed at " << point << (recovers ? ", recovered" : ""));
        Machine machine;
        machine.there.value = beginning.value;
        REQUIRE(test::crash_at(point, [&] { whole_course(machine, row); }));
        if (recovers) machine.recover();
        machine.undo();
        CHECK(machine.there.value == beginning.value);
        CHECK(machine.open_records() == 0);
        CHECK(machine.undo().empty());
      }
    }
  });
}

TEST_CASE("a change is written down before it is made") {
  for (const Setting& row : test::changing_rows()) {
    INFO(row.name);
    Machine machine;
    test::crash_at("settings.recorded", [&] { machine.apply(row); });
    CHECK(machine.there.writes == 0);
    CHECK(machine.open_records() == 1);
  }
}

TEST_CASE("what somebody changed after a crash is left as it is") {
  for (const Setting& row : test::changing_rows()) {
    INFO(row.name);
    Machine machine;
    test::crash_at("settings.written", [&] { machine.apply(row); });
    const Reading theirs = settings::Value{"string", "theirs"};
    machine.there.value = theirs;
    REQUIRE(machine.recover().size() == 1);
    machine.undo();
    CHECK(machine.there.value == theirs);
    CHECK(machine.open_records() == 0);
  }
}
#endif
