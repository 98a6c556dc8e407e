#include "act/actions.h"
#include "act/recovery.h"

#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <map>
#include <set>

#include "support/catch.h"
#include "support/executor_rig.h"

using namespace m1opt;
using namespace m1opt::model;
using m1opt::test::ChildProcess;
using m1opt::test::ExecutorRig;

TEST_CASE("every kind of action has a row of its own") {
  std::set<ActionKind> rows;
  for (const auto& row : act::action_table()) CHECK(rows.insert(row.kind).second);
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<ActionKind>>([&](auto kind) {
    INFO(kind.name);
    CHECK(rows.contains(kind.value));
    CHECK(act::row_of(kind.value).kind == kind.value);
  });
}

TEST_CASE("every action, done and undone, leaves every value as it was") {
  for (const auto& row : test::doable_actions()) {
    INFO(boost::describe::enum_to_string(row.kind, "?"));
    ExecutorRig rig;
    const ChildProcess child;
    const auto held = rig.hold(row.kind, child);
    REQUIRE(test::is_held(held));
    const auto record = rig.executor_.open_records().at(held.record);
    REQUIRE_FALSE(record.changes.empty());
    for (const Change& change : record.changes) {
      CHECK(rig.control_->read(change.attribute, change.subject).value() == change.set);
    }
    const auto ended = rig.end(held.record);
    INFO(ended.text);
    CHECK(ended.code == OutcomeCode::undone);
    for (const Change& change : record.changes) {
      CHECK(rig.control_->read(change.attribute, change.subject).value() == change.before);
    }
    CHECK(rig.executor_.open_records().empty());
    CHECK(rig.journal_.open_records().value().empty());
    // A second undo finds nothing of ours and changes nothing.
    const auto again = act::undo_record(*rig.control_, *rig.table_, rig.boot_, record);
    CHECK(is_over(again.code));
    for (const Change& change : record.changes) {
      CHECK(rig.control_->read(change.attribute, change.subject).value() == change.before);
    }
  }
}

TEST_CASE("every action is undone by the guardian when the daemon is gone") {
  for (const auto& row : test::doable_actions()) {
    INFO(boost::describe::enum_to_string(row.kind, "?"));
    const ChildProcess child;  // first, so that it holds no copy of the guardian's socket
    ExecutorRig rig;
    const auto held = rig.hold(row.kind, child);
    REQUIRE(held.record != 0);
    const auto record = rig.executor_.open_records().at(held.record);
    rig.guardian_.drop();  // what the guardian sees when the daemon dies
    CHECK(test::eventually(
        [&] {
          for (const Change& change : record.changes) {
            if (rig.control_->read(change.attribute, change.subject).value() != change.before) {
              return false;
            }
          }
          return true;
        },
        std::chrono::seconds(1)));
    CHECK(test::eventually([&] { return rig.journal_.open_records().value().empty(); }));
  }
}

TEST_CASE("every action that was left open is undone by recovery, and only once") {
  for (const auto& row : test::doable_actions()) {
    INFO(boost::describe::enum_to_string(row.kind, "?"));
    ExecutorRig rig;
    const ChildProcess child;
    const auto held = rig.hold(row.kind, child);
    REQUIRE(held.record != 0);
    const auto record = rig.executor_.open_records().at(held.record);
    rig.guardian_.kill();  // both have died
    auto journal = journal::UndoJournal::open(rig.directory_ / "undo.db").value();
    const auto now = rig.clock_.now();
    auto first = act::recover(journal, *rig.control_, *rig.table_, rig.boot_, now,
                              rig.directory_.path(), false);
    REQUIRE(first);
    CHECK(first->complete());
    REQUIRE(first->outcomes.size() == 1);
    CHECK(first->outcomes[0].code == OutcomeCode::undone);
    for (const Change& change : record.changes) {
      CHECK(rig.control_->read(change.attribute, change.subject).value() == change.before);
    }
    auto second = act::recover(journal, *rig.control_, *rig.table_, rig.boot_, now,
                               rig.directory_.path(), false);
    REQUIRE(second);
    CHECK(second->outcomes.empty());
  }
}
