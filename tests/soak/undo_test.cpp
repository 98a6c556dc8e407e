// Undo on the machine in memory, where any mixture of holds and births can be made.
#include "act/inheritance.h"
#include "act/undo.h"

#include "sim_machine.h"
#include "support/catch.h"

using namespace m1opt::test;

namespace {

const BootId kBoot{"a boot"};
constexpr std::int64_t kBatch = 3;
constexpr std::int64_t kIdle = 5;

UndoRecord record_of(RecordId id, const SimProcess& process, std::int64_t before) {
  UndoRecord record;
  record.id = id;
  record.boot = kBoot;
  record.process = process.id;
  record.kind = ActionKind::background;
  record.session = process.session;
  record.changes = {
      {Attribute::policy, {SubjectKind::thread, process.id, process.id, 0, {}}, before, kIdle}};
  return record;
}

std::int64_t& policy(SimMachine& machine, ProcessId id) {
  return machine.processes.at(id.pid).threads.front().values[0].now;
}

/// A parent in the background and its younger child, which has a record of its own.
struct Family {
  SimMachine machine;
  ProcessId parent = machine.start("/usr/bin/mds", {}, 1).id;
  std::uint64_t opened = machine.start_token_now();
  ProcessId child = machine.fork(parent.pid, "/usr/bin/mds", {}, 1).id;
  std::map<RecordId, UndoRecord> open;

  Family() {
    open.emplace(1, record_of(1, machine.processes.at(parent.pid), kBatch));
    open.emplace(2, record_of(2, machine.processes.at(child.pid), 0));
    open.at(1).opened_token = opened;
    open.at(2).opened_token = machine.start_token_now();
    policy(machine, parent) = policy(machine, child) = kIdle;
  }
};

}  // namespace

TEST_CASE("a child with a record of its own is left to that record when its parent's ends") {
  for (const auto& order : {std::vector<RecordId>{1, 2}, std::vector<RecordId>{2, 1}}) {
    Family family;
    for (const RecordId id : order) {
      const auto result = m1opt::act::undo_record(family.machine, family.machine, kBoot,
                                                  family.open.at(id), family.open);
      CHECK(result.code == OutcomeCode::undone);
      if (id == order.front() && id == 1) CHECK(policy(family.machine, family.child) == kIdle);
    }
    CHECK(policy(family.machine, family.parent) == kBatch);
    CHECK(policy(family.machine, family.child) == 0);
  }
}

TEST_CASE("a grandchild is left to the record of its parent, not of its grandparent") {
  Family family;
  const ProcessId grandchild = family.machine.fork(family.child.pid, "/usr/bin/mds", {}, 1).id;
  CHECK(m1opt::act::undo_record(family.machine, family.machine, kBoot, family.open.at(1), family.open)
            .code == OutcomeCode::undone);
  CHECK(policy(family.machine, grandchild) == kIdle);
  CHECK(m1opt::act::undo_record(family.machine, family.machine, kBoot, family.open.at(2), family.open)
            .code == OutcomeCode::undone);
  CHECK(policy(family.machine, grandchild) == 0);
}

TEST_CASE("a child without a record of its own gets its parent's old value") {
  Family family;
  family.open.erase(2);
  CHECK(m1opt::act::undo_record(family.machine, family.machine, kBoot, family.open.at(1), family.open)
            .code == OutcomeCode::undone);
  CHECK(policy(family.machine, family.child) == kBatch);
}

TEST_CASE("one of the session whose parent lives is nobody's heir, whatever its values are; an orphan is") {
  SimMachine machine;
  const ProcessId shell = machine.start("/usr/bin/bash", {}, 1).id;
  const ProcessId target = machine.fork(shell.pid, "/usr/bin/mds", {}, 1).id;
  const ProcessId middle = machine.fork(target.pid, "/usr/bin/mds", {}, 1).id;
  UndoRecord record = record_of(1, machine.processes.at(target.pid), 0);
  record.opened_token = machine.start_token_now();
  policy(machine, target) = kIdle;
  const ProcessId job = machine.fork(shell.pid, "/usr/bin/make", {}, 1).id;
  policy(machine, job) = kIdle;  // chrt --idle 0 make
  const ProcessId orphan = machine.fork(middle.pid, "/usr/bin/mds", {}, 1).id;
  policy(machine, orphan) = kIdle;
  machine.exit(middle.pid);
  CHECK(m1opt::act::undo_record(machine, machine, kBoot, record).code == OutcomeCode::undone);
  CHECK(policy(machine, target) == 0);
  CHECK(policy(machine, orphan) == 0);
  CHECK(policy(machine, job) == kIdle);
}

TEST_CASE("a child that could not be seen while its parent was undone is put back at a second look") {
  Family family;
  family.open.erase(2);
  const UndoRecord record = family.open.at(1);
  CHECK(m1opt::act::undo_record(family.machine, family.machine, kBoot, record, family.open).code ==
        OutcomeCode::undone);
  const ProcessId late = family.machine.fork(family.parent.pid, "/usr/bin/mds", {}, 1).id;
  policy(family.machine, late) = kIdle;
  // The same process in the background again: what is born of it now has its values by right.
  family.open.at(1).id = 3;
  family.open.emplace(3, family.open.extract(1).mapped());
  CHECK(m1opt::act::undo_latecomers(family.machine, family.machine, kBoot, record, family.open).value() == 0);
  family.open.clear();
  CHECK(m1opt::act::undo_latecomers(family.machine, family.machine, BootId{"another"}, record, {}).value() == 0);
  CHECK(policy(family.machine, late) == kIdle);
  CHECK(m1opt::act::undo_latecomers(family.machine, family.machine, kBoot, record, {}).value() == 1);
  CHECK(policy(family.machine, late) == kBatch);
}

TEST_CASE("a thread with one change of its own loses what else it inherited too") {
  SimMachine machine;
  SimProcess& process = machine.start("/usr/bin/mds", {}, 1);
  UndoRecord record = record_of(1, process, 0);
  record.opened_token = machine.start_token_now();
  policy(machine, process.id) = kIdle;
  // Its creator's policy was ours, its I/O priority was not any more, so only that was set on it.
  machine.add_thread(process);
  SimThread& thread = process.threads.back();
  thread.values[2].now = 4;
  record.changes.push_back({Attribute::io_priority,
                            {SubjectKind::thread, process.id, thread.id, 0, {}}, 0, 4});
  CHECK(m1opt::act::undo_record(machine, machine, kBoot, record).code == OutcomeCode::undone);
  for (const SimValue& value : thread.values) CHECK(value.as_before());
}

TEST_CASE("a value that an heir does not let go keeps the record open") {
  Family family;
  family.open.erase(2);
  int writes = 0;
  family.machine.write_fails = [&] { return ++writes == 2; };  // the parent's own comes first
  CHECK(m1opt::act::undo_record(family.machine, family.machine, kBoot, family.open.at(1), family.open)
            .code == OutcomeCode::failed);
  CHECK(m1opt::act::undo_record(family.machine, family.machine, kBoot, family.open.at(1), family.open)
            .code == OutcomeCode::undone);
}

TEST_CASE("what was born of a child before the child's own record is not that record's business") {
  Family family;
  family.open.erase(2);
  const ProcessId grandchild = family.machine.fork(family.child.pid, "/usr/bin/mds", {}, 1).id;
  family.open.emplace(2, record_of(2, family.machine.processes.at(family.child.pid), 0));
  family.open.at(2).opened_token = family.machine.start_token_now();
  CHECK(m1opt::act::undo_record(family.machine, family.machine, kBoot, family.open.at(1), family.open)
            .code == OutcomeCode::undone);
  CHECK(policy(family.machine, grandchild) == kBatch);
  CHECK(policy(family.machine, family.child) == kIdle);
}

TEST_CASE("a record that has set another value, or not yet, claims nothing of what was inherited") {
  Family family;
  family.open.at(2).changes.front().before = kIdle;
  family.open.at(2).changes.front().set = kBatch + 1;
  CHECK(m1opt::act::undo_record(family.machine, family.machine, kBoot, family.open.at(1), family.open)
            .code == OutcomeCode::undone);
  CHECK(policy(family.machine, family.child) == kBatch);
}

TEST_CASE("a value that is inherited from a record, or of a record, is not taken for the value before") {
  Family family;
  family.open.erase(2);
  const auto seen = [&](ProcessId process, std::int64_t value) {
    std::vector<Change> changes{
        {Attribute::policy, {SubjectKind::thread, process, process, 0, {}}, value, 1}};
    m1opt::act::look_through(family.machine, family.open, changes);
    return changes.front().before;
  };
  CHECK(seen(family.child, kIdle) == kBatch);
  CHECK(seen(family.parent, kIdle) == kBatch);
  CHECK(seen(family.child, 7) == 7);
  const ProcessId stranger = family.machine.start("/usr/bin/mds", {}, 1).id;
  CHECK(seen(stranger, kIdle) == kIdle);
}

TEST_CASE("a group's value is looked through to that before the record that has set it") {
  SimMachine machine;
  const SimProcess& process = machine.start("/usr/bin/mds", {}, 1);
  const Subject group{SubjectKind::autogroup, process.id, {}, process.group, {}};
  std::map<RecordId, UndoRecord> open;
  open.emplace(1, record_of(1, process, 0));
  open.at(1).changes = {{Attribute::autogroup_nice, group, 3, 19}};
  Subject same = group;
  same.process = {};
  std::vector<Change> changes{{Attribute::autogroup_nice, same, 19, -10}};
  m1opt::act::look_through(machine, open, changes);
  CHECK(changes.front().before == 3);
}
