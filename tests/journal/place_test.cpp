// The journal's place: what may lie there, and what is noticed when somebody meddles with it.
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "journal/undo_journal.h"
#include "support/catch.h"
#include "support/recording_vfs.h"
#include "support/temp_dir.h"
#include "support/undo_record.h"

using namespace m1opt::base;
using namespace m1opt::model;
using m1opt::journal::UndoJournal;
using m1opt::test::RecordingVfs;
using m1opt::test::TempDir;
namespace fs = std::filesystem;

namespace {

UndoRecord held_record(std::int32_t pid, std::size_t threads = 1) {
  return m1opt::test::niced_record(ActionKind::suspend, pid, threads);
}

Errc refusal(const std::string& path) {
  UndoJournal::Damage damage;
  auto opened = UndoJournal::open_or_set_aside(path, damage);
  REQUIRE_FALSE(opened);
  CHECK(damage.kept_as.empty());
  return opened.error().code;
}

}  // namespace

TEST_CASE("a directory above that is a symlink, as /var is on macOS, is no obstacle") {
  const TempDir dir;
  fs::create_directory(dir / "private");
  fs::create_directory_symlink(dir / "private", dir / "var");
  auto journal = UndoJournal::open(dir / "var/undo.db");
  INFO((journal ? "" : journal.error().what));
  REQUIRE(journal);
  CHECK(journal->add(held_record(1)));
  CHECK(fs::exists(dir / "private/undo.db"));
}

TEST_CASE("a symlink, a directory, a pipe in the journal's place is refused, and so is one of its log") {
  const TempDir dir;
  fs::create_symlink(dir / "elsewhere", dir / "link.db");
  CHECK(refusal(dir / "link.db") == Errc::not_permitted);
  CHECK_FALSE(fs::exists(dir / "elsewhere"));
  fs::create_directory(dir / "directory.db");
  CHECK(refusal(dir / "directory.db") == Errc::not_permitted);
  REQUIRE(::mkfifo((dir / "pipe.db").c_str(), 0600) == 0);
  CHECK(refusal(dir / "pipe.db") == Errc::not_permitted);
  fs::create_symlink(dir / "elsewhere", dir / "undo.db-wal");
  CHECK(refusal(dir / "undo.db") == Errc::not_permitted);
}

TEST_CASE("a journal that others can write is refused") {
  const TempDir dir;
  { auto made = UndoJournal::open(dir / "undo.db").value(); }
  REQUIRE(::chmod((dir / "undo.db").c_str(), 0620) == 0);
  CHECK(refusal(dir / "undo.db") == Errc::not_permitted);
}

TEST_CASE("a journal that belongs to somebody else is refused") {
  const TempDir dir;
  { auto made = UndoJournal::open(dir / "undo.db").value(); }
  if (::chown((dir / "undo.db").c_str(), 12345, 12345) != 0) {
    WARN("left out: only root can give a file away");
    return;
  }
  CHECK(refusal(dir / "undo.db") == Errc::not_permitted);
}

TEST_CASE("the log and its index are as private as the journal") {
  const TempDir dir;
  auto journal = UndoJournal::open(dir / "undo.db").value();
  for (const char* name : {"undo.db", "undo.db-wal", "undo.db-shm"}) {
    struct stat info {};
    REQUIRE(::stat((dir / name).c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
  }
}

TEST_CASE("a journal that another program has locked is busy after a bounded wait") {
  const TempDir dir;
  { auto made = UndoJournal::open(dir / "undo.db").value(); }
  sqlite3* other = nullptr;
  REQUIRE(::sqlite3_open_v2((dir / "undo.db").c_str(), &other, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
  REQUIRE(::sqlite3_exec(other, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE", nullptr, nullptr, nullptr) ==
          SQLITE_OK);
  const auto began = std::chrono::steady_clock::now();
  CHECK(refusal(dir / "undo.db") == Errc::busy);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(10));
  ::sqlite3_close_v2(other);
  CHECK(UndoJournal::open(dir / "undo.db"));
}

TEST_CASE("a journal that is removed or replaced while it is in use is noticed, and nothing is recorded") {
  for (const char* how : {"undo.db", "undo.db-wal", "undo.db-shm", "directory", "replaced"}) {
    const TempDir dir;
    const std::string place = dir / "state";
    fs::create_directory(place);
    auto journal = UndoJournal::open(place + "/undo.db").value();
    REQUIRE(journal.add(held_record(1)));
    REQUIRE(journal.check_place());
    if (how == std::string("directory")) {
      fs::remove_all(place);
    } else if (how == std::string("replaced")) {
      fs::copy_file(place + "/undo.db", place + "/copy");
      fs::rename(place + "/copy", place + "/undo.db");
    } else {
      fs::remove(place + "/" + how);
    }
    INFO(how);
    CHECK_FALSE(journal.check_place());
    const auto added = journal.add(held_record(2));
    REQUIRE_FALSE(added);
    CHECK(added.error().code == Errc::changed);
    CHECK(journal.fault());
  }
}

TEST_CASE("the guardian makes no journal where there is none") {
  const TempDir dir;
  CHECK_FALSE(UndoJournal::open(dir / "undo.db", UndoJournal::IfAbsent::fail));
  CHECK_FALSE(fs::exists(dir / "undo.db"));
}

TEST_CASE("full at any write, from opening to closing: an error, no half record, and it goes on with room") {
  std::size_t refused = 0;
  for (std::size_t writes = 0;; ++writes) {
    const TempDir dir;
    RecordingVfs disk(dir / "undo.db");
    disk.fill_after(writes);
    auto opened = UndoJournal::open(dir / "undo.db");
    bool all = static_cast<bool>(opened);
    std::optional<RecordId> id;
    if (all) {
      if (auto added = opened->add(held_record(1))) id = *added;
      if (id) {
        auto record = held_record(1, 80);
        record.id = *id;
        all = static_cast<bool>(opened->update(record)) && all;
        all = static_cast<bool>(opened->close(*id, OutcomeCode::undone, "in time")) && all;
      }
      all = all && id;
      CHECK(opened->fault().has_value() == !all);
    } else {
      CHECK(opened.error().os_errno == ENOSPC);
    }
    INFO("room for " << writes << " writes");
    refused += !all;
    disk.make_room();
    if (!opened) opened = UndoJournal::open(dir / "undo.db");
    REQUIRE(opened);
    REQUIRE(opened->try_again());
    CHECK_FALSE(opened->fault());
    CHECK(opened->open_records().value().empty());
    if (id) CHECK(opened->closing(*id).value()->text == "in time");
    CHECK(opened->add(held_record(3)));
    if (all) break;
  }
  CHECK(refused > 10);
}

TEST_CASE("the journal stays below a mebibyte whatever goes through it, and its log too") {
  const TempDir dir;
  auto journal = UndoJournal::open(dir / "undo.db").value();
  std::uintmax_t largest = 0;
  std::uintmax_t log = 0;
  std::optional<RecordId> held;
  for (int round = 0; round < 400; ++round) {
    auto record = held_record(round, static_cast<std::size_t>(round) % 300);
    const auto id = journal.add(record).value();
    record.id = id;
    for (int more = 0; more < 3; ++more) {
      record.changes.push_back({Attribute::nice, {SubjectKind::thread, record.process, {more, 8}, 0, {}}, 0, 19});
      REQUIRE(journal.update(record));
    }
    if (held) REQUIRE(journal.close(*held, OutcomeCode::undone, "1 of 1 values put back"));
    held = id;
    if (round % 2 == 0) journal.keep_small();
    largest = std::max(largest, fs::file_size(dir / "undo.db"));
    log = std::max(log, fs::file_size(dir / "undo.db-wal"));
  }
  CHECK(largest <= 1U << 20U);
  CHECK(log <= 1U << 20U);
  CHECK(journal.open_records().value().size() == 1);
}

TEST_CASE("a journal that is full of what is open refuses more, and takes it when there is room") {
  const TempDir dir;
  auto journal = UndoJournal::open(dir / "undo.db").value();
  std::vector<RecordId> ids;
  for (std::int32_t pid = 1;; ++pid) {
    auto added = journal.add(held_record(pid, 400));
    if (!added) {
      CHECK(added.error().os_errno == ENOSPC);
      break;
    }
    ids.push_back(*added);
    REQUIRE(ids.size() < 1000);
  }
  CHECK(fs::file_size(dir / "undo.db") <= 1U << 20U);
  CHECK(journal.open_records().value().size() == ids.size());
  for (const RecordId id : ids) REQUIRE(journal.close(id, OutcomeCode::undone, ""));
  CHECK(journal.add(held_record(1, 400)));
}

TEST_CASE("what is open can be read with no room at all and with no file made") {
  const TempDir dir;
  const std::string path = dir / "undo.db";
  const TempDir image;
  {
    auto journal = UndoJournal::open(path).value();
    REQUIRE(journal.add(held_record(7)));
    for (const char* suffix : {"", "-wal"}) fs::copy_file(path + suffix, (image / "undo.db") + suffix);
  }
  auto journal = UndoJournal::open_to_read(image / "undo.db");
  INFO((journal ? "" : journal.error().what));
  REQUIRE(journal);
  CHECK(journal->open_records().value().at(0).process.pid == 7);
  CHECK_FALSE(fs::exists(image / "undo.db-shm"));
}
