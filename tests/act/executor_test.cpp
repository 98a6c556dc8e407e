#include "act/executor.h"

#include <sqlite3.h>
#include <sys/resource.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "base/fault.h"
#include "journal/statement.h"
#include "support/catch.h"
#include "support/executor_rig.h"

using namespace m1opt;
using namespace m1opt::base;
using namespace m1opt::model;
using m1opt::test::ChildProcess;
using m1opt::test::eventually;
using m1opt::test::ExecutorRig;

TEST_CASE("a suspended process is stopped, and runs again when the hold ends") {
  ExecutorRig rig;
  const ChildProcess child;
  const auto held = rig.hold(ActionKind::suspend, child);
  INFO(held.text);
  REQUIRE(test::is_held(held));
  CHECK(eventually([&] { return child.state() == 'T'; }));
  CHECK(rig.end(held.record).code == OutcomeCode::undone);
  CHECK(eventually([&] { return child.state() == 'S'; }));
}

TEST_CASE("a process stopped by somebody else is left as found") {
  ExecutorRig rig;
  const ChildProcess child;
  ::kill(child.pid(), SIGSTOP);
  REQUIRE(eventually([&] { return child.state() == 'T'; }));
  const auto held = rig.hold(ActionKind::suspend, child);
  CHECK(held.code == OutcomeCode::changed);
  CHECK(held.record == 0);
  rig.executor_.release_all("the test ends");
  CHECK(eventually([&] { return child.state() == 'T'; }));
  CHECK(rig.journal_.open_records().value().empty());
}

TEST_CASE("a process that somebody else continued is not fought") {
  ExecutorRig rig;
  const ChildProcess child;
  const auto held = rig.hold(ActionKind::suspend, child);
  ::kill(child.pid(), SIGCONT);
  REQUIRE(eventually([&] { return child.state() == 'S'; }));
  CHECK(rig.end(held.record).code == OutcomeCode::changed);
  CHECK(child.state() == 'S');
}

TEST_CASE("of two undoers the second reports what the first one did") {
  ExecutorRig rig;
  const ChildProcess child;
  const auto held = rig.hold(ActionKind::suspend, child);
  ::kill(child.pid(), SIGCONT);
  REQUIRE(rig.journal_.close(held.record, OutcomeCode::undone, "guardian: 1 of 1 values put back"));
  const auto ended = rig.end(held.record);
  CHECK(ended.code == OutcomeCode::undone);
  CHECK(ended.text == "guardian: 1 of 1 values put back");
  CHECK(rig.executor_.open_records().empty());
}

TEST_CASE("a record that another undoer has closed is not undone again") {
  ExecutorRig rig;
  const ChildProcess child;
  const auto held = rig.hold(ActionKind::suspend, child);
  REQUIRE(rig.journal_.close(held.record, OutcomeCode::undone, "by another"));
  // Still stopped: so by somebody else, after the other one had undone it.
  CHECK(rig.executor_.reread_journal().at(0).code == OutcomeCode::undone);
  CHECK(eventually([&] { return child.state() == 'T'; }));
  CHECK(rig.executor_.open_records().empty());
}

TEST_CASE("a reused pid is left alone") {
  ExecutorRig rig;
  const ChildProcess stranger;
  auto action = rig.begin(ActionKind::suspend, stranger.id(), stranger.executable());
  action.process.start -= 1;  // who had the number when the sample was taken
  for (const auto kind : {ActionKind::suspend, ActionKind::background, ActionKind::raise}) {
    action.kind = kind;
    CHECK(rig.run(action).code == OutcomeCode::gone);
  }
  CHECK(eventually([&] { return stranger.state() == 'S'; }));
  CHECK_FALSE(rig.table_->stat(stranger.pid())->background);
  CHECK(::getpriority(PRIO_PROCESS, static_cast<id_t>(stranger.pid())) == 0);
}

TEST_CASE("a stop that comes after the last look of all is not sent to who has the number by then") {
  ExecutorRig rig;
  const ChildProcess stranger;
  Subject subject;
  subject.kind = SubjectKind::process;
  subject.process = stranger.id();
  subject.process.start -= 1;
  CHECK(rig.control_->write(Attribute::run_state, subject, 1).error().code == base::Errc::gone);
  CHECK(eventually([&] { return stranger.state() == 'S'; }));
}

TEST_CASE("a record whose pid belongs to another process now is closed, and that one is untouched") {
  ExecutorRig rig;
  const ChildProcess child;
  const auto held = rig.hold(ActionKind::suspend, child);
  auto record = rig.executor_.open_records().at(held.record);
  record.process.start += 1;
  record.changes[0].subject.process = record.process;
  CHECK(act::undo_record(*rig.control_, *rig.table_, rig.boot_, record).code == OutcomeCode::gone);
  CHECK(eventually([&] { return child.state() == 'T'; }));
  rig.end(held.record);
}

TEST_CASE("a record from before a reboot touches nobody") {
  ExecutorRig rig;
  const ChildProcess child;
  const auto held = rig.hold(ActionKind::suspend, child);
  auto record = rig.executor_.open_records().at(held.record);
  record.boot = {"another boot"};
  CHECK(act::undo_record(*rig.control_, *rig.table_, rig.boot_, record).code == OutcomeCode::gone);
  CHECK(eventually([&] { return child.state() == 'T'; }));
  rig.end(held.record);
}

TEST_CASE("a process that runs another program than the sample saw is not touched") {
  ExecutorRig rig;
  const ChildProcess child;
  const auto outcome = rig.run(rig.begin(ActionKind::suspend, child.id(), "/usr/libexec/photoanalysisd"));
  CHECK(outcome.code == OutcomeCode::changed);
  CHECK(eventually([&] { return child.state() == 'S'; }));
  CHECK(rig.journal_.open_records().value().empty());
}

TEST_CASE("without a guardian nothing is held") {
  ExecutorRig rig;
  const ChildProcess child;
  rig.guardian_.kill();
  const auto outcome = rig.hold(ActionKind::suspend, child);
  // Neither `gone`, which would mean the process, nor a failure of the action itself.
  CHECK(outcome.code == OutcomeCode::unready);
  CHECK(outcome.text.find("no guardian") != std::string::npos);
  CHECK(eventually([&] { return child.state() == 'S'; }));
  CHECK(rig.journal_.open_records().value().empty());
}

namespace {

/// Stops the guardian; killed afterwards, or it would stay stopped for good.
class StoppedGuardian {
 public:
  explicit StoppedGuardian(ExecutorRig& rig) : rig_(rig) {
    ::kill(rig.guardian_.status().pid, SIGSTOP);
  }
  StoppedGuardian(const StoppedGuardian&) = delete;
  StoppedGuardian& operator=(const StoppedGuardian&) = delete;
  ~StoppedGuardian() { rig_.guardian_.kill(); }

 private:
  ExecutorRig& rig_;
};

}  // namespace

TEST_CASE("while the guardian does not acknowledge nothing is held") {
  ExecutorRig rig;
  const ChildProcess child;
  const StoppedGuardian stopped(rig);
  const auto outcome = rig.hold(ActionKind::suspend, child);
  CHECK(outcome.code == OutcomeCode::unready);
  CHECK(outcome.text.find("did not acknowledge") != std::string::npos);
  CHECK(child.state() == 'S');
  CHECK(rig.executor_.open_records().empty());
  CHECK(rig.journal_.open_records().value().empty());
}

TEST_CASE("a process whose record was lost from the journal is let go all the same") {
  ExecutorRig rig;
  const ChildProcess child;
  const auto held = rig.hold(ActionKind::suspend, child);
  REQUIRE(held.code == OutcomeCode::applied);
  sqlite3* db = nullptr;
  REQUIRE(::sqlite3_open_v2((rig.directory_ / "undo.db").c_str(), &db, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
  REQUIRE(journal::execute(db, "DELETE FROM undo"));
  ::sqlite3_close_v2(db);
  CHECK(rig.end(held.record).code == OutcomeCode::undone);
  CHECK(eventually([&] { return child.state() == 'S'; }));
}

#ifdef M1OPT_FAULT_POINTS
namespace {

/// Holds, and does something else when that has come to the point.
Outcome run_with(ExecutorRig& rig, const Action& action, const std::string& point,
                 const std::function<void()>& meanwhile) {
  base::fault_hook([&](const char* name) {
    if (name == point) meanwhile();
  });
  auto outcome = rig.run(action);
  base::fault_hook({});
  return outcome;
}

}  // namespace

TEST_CASE("what became another program since it was looked at is not even stopped for a moment") {
  ExecutorRig rig;
  const ChildProcess child;
  bool changed = false;
  const auto action = rig.begin(ActionKind::suspend, child.id(), "/usr/libexec/photoanalysisd");
  const auto outcome = run_with(rig, action, "executor.before_change", [&] { changed = true; });
  CHECK(outcome.code == OutcomeCode::changed);
  CHECK_FALSE(changed);
}

TEST_CASE("what is set but not to be read back is no success, and nothing is held") {
  ExecutorRig rig;
  const ChildProcess child;
  const auto action = rig.begin(ActionKind::suspend, child.id(), child.executable());
  const auto outcome = run_with(rig, action, "executor.after_apply", [&] {
    ::kill(child.pid(), SIGCONT);
    CHECK(eventually([&] { return child.state() == 'S'; }));
  });
  CHECK(outcome.code == OutcomeCode::failed);
  CHECK(outcome.text.find("observed") != std::string::npos);
  CHECK(rig.executor_.open_records().empty());
  CHECK(rig.journal_.open_records().value().empty());
}

TEST_CASE("what is done while the guardian takes over is undone at once") {
  ExecutorRig rig;
  const ChildProcess child;
  std::optional<StoppedGuardian> stopped;
  auto action = rig.begin(ActionKind::suspend, child.id(), child.executable());
  action.deadline = rig.clock_.now();
  const auto outcome = run_with(rig, action, "executor.after_record", [&] {
    CHECK(eventually([&] { return rig.guardian_.revoked(); }));
    CHECK(eventually([&] { return rig.journal_.open_records().value().empty(); }));
    stopped.emplace(rig);  // what follows is the daemon's own doing
  });
  CHECK(outcome.code == OutcomeCode::unready);
  CHECK(outcome.text.find("the guardian has taken over") != std::string::npos);
  CHECK(eventually([&] { return child.state() == 'S'; }));
  CHECK(rig.executor_.open_records().empty());
}

TEST_CASE("what is done after the guardian has died is undone at once, though a recovery has closed its record") {
  ExecutorRig rig;
  const ChildProcess child;
  const auto action = rig.begin(ActionKind::suspend, child.id(), child.executable());
  const auto outcome = run_with(rig, action, "executor.before_change", [&] {
    ::kill(rig.guardian_.status().pid, SIGKILL);
    CHECK(eventually([&] { return !rig.guardian_.receive(); }));
    const RecordId record = rig.executor_.open_records().begin()->first;
    REQUIRE(rig.journal_.close(record, OutcomeCode::changed, "recovery: 0 of 1 values put back"));
  });
  CHECK(outcome.code == OutcomeCode::unready);
  CHECK(outcome.text.find("the guardian has ended") != std::string::npos);
  CHECK(eventually([&] { return child.state() == 'S'; }));
  CHECK(rig.executor_.open_records().empty());
}
#endif

TEST_CASE("an inert executor says what it would do and does nothing") {
  ExecutorRig rig(true);
  const ChildProcess child;
  for (const auto& row : test::doable_actions()) {
    const auto outcome = rig.hold(row.kind, child);
    CHECK(outcome.code == OutcomeCode::not_permitted);
    CHECK(outcome.text.find("would do: ") == 0);
  }
  CHECK(eventually([&] { return child.state() == 'S'; }));
  CHECK_FALSE(rig.table_->stat(child.pid())->background);
  CHECK(::getpriority(PRIO_PROCESS, static_cast<id_t>(child.pid())) == 0);
  CHECK(rig.journal_.open_records().value().empty());
}

TEST_CASE("extending a hold gives it the longer deadline in the journal and the guardian") {
  M1OPT_NEEDS_PRIORITIES();
  ExecutorRig rig;
  const ChildProcess child;
  const auto held = rig.hold(ActionKind::background, child);
  Action extend;
  extend.verb = ActionVerb::extend;
  extend.kind = ActionKind::background;
  extend.process = child.id();
  extend.target = "testd";
  extend.record = held.record;
  extend.deadline = rig.clock_.now() + std::chrono::hours(1);
  CHECK(rig.run(extend).code == OutcomeCode::applied);
  CHECK(rig.journal_.open_records().value().at(0).deadline == extend.deadline);
  rig.end(held.record);
}

TEST_CASE("what an extension has written is known to the executor too, should the guardian not hear of it") {
  M1OPT_NEEDS_PRIORITIES();
  ExecutorRig rig;
  const ChildProcess child;
  const auto held = rig.hold(ActionKind::background, child);
  rig.guardian_.kill();
  Action extend;
  extend.verb = ActionVerb::extend;
  extend.kind = ActionKind::background;
  extend.process = child.id();
  extend.target = "testd";
  extend.record = held.record;
  extend.deadline = rig.clock_.now() + std::chrono::hours(1);
  CHECK(rig.run(extend).code == OutcomeCode::unready);
  const auto written = rig.journal_.open_records().value();
  CHECK(written.at(0).deadline == extend.deadline);
  CHECK(rig.executor_.open_records().at(held.record) == written.at(0));
  CHECK(rig.end(held.record).code == OutcomeCode::undone);
}

namespace {

/// The machine's processes as they are, but with these in place of some.
class OtherProcesses final : public platform::ProcessTable {
 public:
  explicit OtherProcesses(platform::ProcessTable& all) : all_(all) {}
  std::map<std::int32_t, ProcessInfo> others;

  Result<std::vector<std::int32_t>> list() override { return all_.list(); }
  Result<ProcessInfo> stat(std::int32_t pid) override {
    if (const auto other = others.find(pid); other != others.end()) return other->second;
    return all_.stat(pid);
  }
  Result<std::string> executable(std::int32_t pid) override { return all_.executable(pid); }
  Result<std::uint32_t> owner(std::int32_t pid) override { return all_.owner(pid); }
  Result<std::vector<std::string>> arguments(std::int32_t pid) override { return all_.arguments(pid); }
  Result<Duration> waited(ProcessId process) override { return all_.waited(process); }

 private:
  platform::ProcessTable& all_;
};

}  // namespace

TEST_CASE("who has the number of a child that ended, and its children, are no family of a held process") {
  M1OPT_NEEDS_PRIORITIES();
  ExecutorRig rig;
  OtherProcesses table(*rig.table_);
  act::Executor executor({*rig.control_, table, rig.journal_, rig.guardian_, rig.boot_,
                          rig.directory_.path(), false});
  const ChildProcess target;
  const auto run = [&](const Action& action) {
    return executor.run({action}, rig.companions_, rig.clock_.now()).front();
  };
  auto action = rig.begin(ActionKind::background, target.id(), target.executable());
  const auto held = run(action);
  REQUIRE(test::is_held(held));
  const ChildProcess stranger;
  const ChildProcess strangers_child;
  // First the number is that of a child of the target.
  ProcessInfo first = table.stat(stranger.pid()).value();
  first.parent = target.pid();
  first.id.start -= 1;
  first.id.start = std::max(first.id.start, executor.open_records().at(held.record).opened_token);
  if (first.id.start == stranger.id().start) first.id.start += 1;
  table.others[stranger.pid()] = first;
  action.verb = ActionVerb::extend;
  action.record = held.record;
  CHECK(run(action).code == OutcomeCode::applied);
  CHECK(executor.open_records().at(held.record).family == std::vector{first.id});
  table.others.clear();
  ProcessInfo second = table.stat(strangers_child.pid()).value();
  second.parent = stranger.pid();
  table.others[strangers_child.pid()] = second;
  CHECK(run(action).code == OutcomeCode::applied);
  CHECK(executor.open_records().at(held.record).family.empty());
  action.verb = ActionVerb::end;
  run(action);
}
