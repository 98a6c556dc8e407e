#include "journal/undo_journal.h"

#include <filesystem>
#include <fstream>

#include "support/catch.h"
#include "support/temp_dir.h"

using namespace m1opt::base;
using namespace m1opt::model;
using m1opt::journal::StoredPause;
using m1opt::journal::UndoJournal;
using m1opt::test::TempDir;

namespace {

UndoRecord record_of(ActionKind kind, std::int32_t pid) {
  UndoRecord record;
  record.boot = {"boot"};
  record.kind = kind;
  record.process = {pid, 7};
  record.target = "testd";
  return record;
}

}  // namespace

TEST_CASE("an open record is there after the file was closed and opened again") {
  const TempDir dir;
  RecordId id = 0;
  {
    auto journal = UndoJournal::open(dir / "undo.db").value();
    id = journal.add(record_of(ActionKind::suspend, 10)).value();
  }
  auto journal = UndoJournal::open(dir / "undo.db").value();
  const auto records = journal.open_records().value();
  REQUIRE(records.size() == 1);
  CHECK(records[0].id == id);
  CHECK(records[0].process == ProcessId{10, 7});
}

TEST_CASE("suspended processes come first, whatever the order they were stored in") {
  const TempDir dir;
  auto journal = UndoJournal::open(dir / "undo.db").value();
  (void)journal.add(record_of(ActionKind::background, 1)).value();
  (void)journal.add(record_of(ActionKind::raise, 2)).value();
  (void)journal.add(record_of(ActionKind::suspend, 3)).value();
  const auto records = journal.open_records().value();
  REQUIRE(records.size() == 3);
  CHECK(records[0].process.pid == 3);
  CHECK(records[1].process.pid == 1);
}

TEST_CASE("a closed record is not open, and closing it again keeps the first outcome") {
  const TempDir dir;
  auto journal = UndoJournal::open(dir / "undo.db").value();
  const auto id = journal.add(record_of(ActionKind::suspend, 10)).value();
  CHECK_FALSE(journal.closing(id).value());
  REQUIRE(journal.close(id, OutcomeCode::undone, "first"));
  REQUIRE(journal.close(id, OutcomeCode::gone, "second"));
  const auto closing = journal.closing(id).value();
  REQUIRE(closing);
  CHECK(closing->code == OutcomeCode::undone);
  CHECK(closing->text == "first");
  CHECK(journal.open_records().value().empty());
  CHECK_FALSE(journal.update(record_of(ActionKind::suspend, 10)));
}

TEST_CASE("a record of which there is nothing is not taken for a closed one") {
  const TempDir dir;
  auto journal = UndoJournal::open(dir / "undo.db").value();
  CHECK_FALSE(journal.closing(4711).value());
}

TEST_CASE("two programs may have the journal open, and one sees what the other closed") {
  const TempDir dir;
  auto daemon = UndoJournal::open(dir / "undo.db").value();
  const auto id = daemon.add(record_of(ActionKind::suspend, 10)).value();
  auto guardian = UndoJournal::open(dir / "undo.db").value();
  REQUIRE(guardian.close(id, OutcomeCode::undone, "guardian"));
  const auto seen = daemon.closing(id).value();
  REQUIRE(seen);
  CHECK(seen->text == "guardian");
}

TEST_CASE("record ids are never used twice, not even after tidying") {
  const TempDir dir;
  auto journal = UndoJournal::open(dir / "undo.db").value();
  RecordId last = 0;
  for (int i = 0; i < 600; ++i) {
    const auto id = journal.add(record_of(ActionKind::suspend, i)).value();
    CHECK(id > last);
    last = id;
    REQUIRE(journal.close(id, OutcomeCode::undone, ""));
  }
  REQUIRE(journal.tidy());
  const auto next = journal.add(record_of(ActionKind::suspend, 1)).value();
  CHECK(next > last);
  REQUIRE(journal.skip_ids(next + 5000));
  CHECK(journal.add(record_of(ActionKind::suspend, 1)).value() > next + 5000);
}

TEST_CASE("a damaged file is kept under another name and a new journal begins") {
  const TempDir dir;
  std::ofstream(dir / "undo.db") << std::string(8192, 'x');
  CHECK_FALSE(UndoJournal::open(dir / "undo.db"));
  UndoJournal::Damage damage;
  auto journal = UndoJournal::open_or_set_aside(dir / "undo.db", damage);
  REQUIRE(journal);
  CHECK(damage.kept_as == dir / "undo.db.damaged-1");
  CHECK(std::filesystem::file_size(damage.kept_as) == 8192);
}

TEST_CASE("a journal of a newer m1opt is refused, not set aside") {
  const TempDir dir;
  { auto made = UndoJournal::open(dir / "undo.db").value(); }
  REQUIRE(std::system(("python3 -c \"import sqlite3; c=sqlite3.connect('" + (dir / "undo.db") +
                       "'); c.execute('PRAGMA user_version=99'); c.commit()\"")
                          .c_str()) == 0);
  UndoJournal::Damage damage;
  auto journal = UndoJournal::open_or_set_aside(dir / "undo.db", damage);
  REQUIRE_FALSE(journal);
  CHECK(journal.error().code == Errc::unsupported);
  CHECK(damage.kept_as.empty());
  CHECK_FALSE(UndoJournal::open_to_read(dir / "undo.db"));
}

TEST_CASE("a pause is kept with its boot and its end, and can be taken away") {
  const TempDir dir;
  auto journal = UndoJournal::open(dir / "undo.db").value();
  CHECK_FALSE(journal.load_pause().value());
  REQUIRE(journal.store_pause(StoredPause{{"boot"}, Instant{std::chrono::seconds(5)}, 501}));
  auto pause = journal.load_pause().value();
  REQUIRE(pause);
  CHECK(pause->boot.value == "boot");
  CHECK(pause->until == Instant{std::chrono::seconds(5)});
  CHECK(pause->uid == 501);
  REQUIRE(journal.store_pause(StoredPause{{"boot"}, std::nullopt, 501}));
  CHECK_FALSE(journal.load_pause().value()->until);
  REQUIRE(journal.store_pause(std::nullopt));
  CHECK_FALSE(journal.load_pause().value());
}
