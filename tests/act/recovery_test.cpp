#include "act/recovery.h"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <iostream>

#include "journal/row.h"
#include "support/catch.h"
#include "support/executor_rig.h"
#include "support/recording_vfs.h"

using namespace m1opt;
using namespace m1opt::model;
using m1opt::test::ChildProcess;
using m1opt::test::eventually;
using m1opt::test::ExecutorRig;
using m1opt::test::RecordingVfs;
using m1opt::test::TempDir;

namespace {

/// What both dead have left: this many records of processes that have ended, and one of one that is
/// stopped. Ten thousand are more than undo.db would take, so they are not written by its own hand.
class Leftovers {
 public:
  explicit Leftovers(std::int32_t records) {
    { auto made = journal::UndoJournal::open(path()).value(); }
    sqlite3* db = nullptr;
    REQUIRE(::sqlite3_open_v2(path().c_str(), &db, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
    REQUIRE(journal::execute(db, "BEGIN"));
    for (std::int32_t id = 1; id < records; ++id) {
      store(db, id, id % 10 == 0 ? ActionKind::background : ActionKind::suspend, {1000 + id % 30000, 1});
    }
    ::kill(child_.pid(), SIGSTOP);
    store(db, records, ActionKind::suspend, child_.id());
    REQUIRE(journal::execute(db, "COMMIT"));
    ::sqlite3_close_v2(db);
    REQUIRE(eventually([&] { return child_.state() == 'T'; }));
  }

  act::RecoveryReport recover(journal::UndoJournal& journal) {
    return act::recover(journal, *control_, *table_, boot_, clock_.now(), directory_.path(), false).value();
  }
  [[nodiscard]] std::string path() const { return directory_ / "undo.db"; }
  [[nodiscard]] const ChildProcess& child() const { return child_; }

 private:
  void store(sqlite3* db, RecordId id, ActionKind kind, ProcessId process) {
    UndoRecord record;
    record.id = id;
    record.boot = boot_;
    record.kind = kind;
    record.process = process;
    record.target = "testd";
    record.opened_token = control_->start_token_now();
    const auto attribute = kind == ActionKind::suspend ? Attribute::run_state : Attribute::nice;
    record.changes = {{attribute, {SubjectKind::process, process, {}, 0, {}}, 0, 1}};
    REQUIRE(journal::store_row(db, {id, "suspend", false, journal::record_to_text(record), {}, {}}));
  }

  TempDir directory_;
  ChildProcess child_;
  std::unique_ptr<platform::ProcessControl> control_ = platform::make_process_control();
  std::unique_ptr<platform::ProcessTable> table_ = platform::make_process_table("");
  base::SystemClock clock_;
  base::BootId boot_ = platform::read_boot_id("").value();
};

}  // namespace

TEST_CASE("recovery undoes one, a hundred and ten thousand records, suspended processes first, in bounded time") {
  for (const std::int32_t records : {1, 100, 10'000}) {
    Leftovers left(records);
    const std::clock_t began = std::clock();
    journal::UndoJournal::Damage damage;
    auto journal = journal::UndoJournal::open_or_set_aside(left.path(), damage).value();
    REQUIRE(damage.kept_as.empty());
    const auto report = left.recover(journal);
    const double seconds = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
    CHECK(report.complete());
    CHECK(eventually([&] { return left.child().state() == 'S'; }));
    REQUIRE(report.outcomes.size() == static_cast<std::size_t>(records));
    const auto first_other = std::find_if(report.outcomes.begin(), report.outcomes.end(), [](const Outcome& outcome) {
      return outcome.kind != ActionKind::suspend;
    });
    CHECK(std::none_of(first_other, report.outcomes.end(),
                       [](const Outcome& outcome) { return outcome.kind == ActionKind::suspend; }));
    CHECK(journal.open_records().value().empty());
    std::cout << records << " open records: recovered in "
              << seconds << " s of processor time\n";
    CHECK(seconds < 20);
  }
}

TEST_CASE("a disk that is full keeps nobody stopped: all are freed, and the records closed when there is room") {
  const TempDir directory;
  RecordingVfs disk(directory / "undo.db");
  ExecutorRig rig;
  const ChildProcess first;
  const ChildProcess second;
  auto journal = journal::UndoJournal::open(directory / "undo.db").value();
  for (const ChildProcess* child : {&first, &second}) {
    const auto held = rig.hold(ActionKind::suspend, *child);
    (void)journal.add(rig.executor_.open_records().at(held.record)).value();
  }
  disk.fill_after(0);
  const auto report = act::recover(journal, *rig.control_, *rig.table_, rig.boot_, rig.clock_.now(),
                                   directory.path(), false).value();
  CHECK(eventually([&] { return first.state() == 'S' && second.state() == 'S'; }));
  CHECK(report.outcomes.size() == 2);
  REQUIRE(report.unclosed);
  disk.make_room();
  REQUIRE(journal.try_again());
  CHECK(journal.open_records().value().empty());
  rig.executor_.release_all("the test ends");
}

TEST_CASE("a journal that was removed under the daemon lets nothing be begun") {
  ExecutorRig rig;
  const ChildProcess child;
  std::filesystem::remove(rig.directory_ / "undo.db");
  const auto outcome = rig.hold(ActionKind::suspend, child);
  CHECK(outcome.code == OutcomeCode::unready);
  CHECK(outcome.text.find("was removed while it was in use") != std::string::npos);
  CHECK(child.state() != 'T');
}

TEST_CASE("while the journal is forbidden nothing is begun or extended, and what is held can be undone") {
  ExecutorRig rig;
  const ChildProcess child;
  const ChildProcess other;
  const auto held = rig.hold(ActionKind::suspend, child);
  rig.executor_.forbid("no journal");
  CHECK(rig.hold(ActionKind::suspend, other).text == "no journal");
  CHECK(other.state() != 'T');
  CHECK(rig.end(held.record).code == OutcomeCode::undone);
  CHECK(eventually([&] { return child.state() == 'S'; }));
}
