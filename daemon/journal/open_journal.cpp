// How undo.db is opened: what is refused, what is set aside, and what is saved of it.
#include <fcntl.h>
#include <sqlite3.h>

#include <set>

#include "base/fd.h"
#include "journal/replacement.h"
#include "journal/row.h"
#include "journal/statement.h"
#include "journal/undo_journal.h"

namespace m1opt::journal {

namespace {

constexpr int kSchemaVersion = 2;
constexpr int kBusyMs = 500;

// WAL: a crash in the middle of a write leaves the last complete transaction, and other processes
// can close records while the daemon has the file open. EXTRA while the file is made: its first
// pages go through a rollback journal, and one that comes back after a power cut, because only its
// removal was not on the disk, would undo all that followed. Then NORMAL: one write and no sync before an effect that dies with the machine (what a sync costs is in
// daemon/README.md); transact() asks for FULL where it must. The log is moved into the file by
// keep_small(); 200 pages are the limit for when nobody calls it. Freed pages are overwritten, so
// that what is saved of a damaged file is never an older version of it.
constexpr const char* kPragmas =
    "PRAGMA synchronous=EXTRA; PRAGMA fullfsync=1; PRAGMA checkpoint_fullfsync=1;"
    "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=200; PRAGMA journal_size_limit=262144;"
    "PRAGMA cache_size=64; PRAGMA max_page_count=256; PRAGMA trusted_schema=0;"
    "PRAGMA secure_delete=1;";

constexpr const char* kSchema =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS undo("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " kind TEXT NOT NULL,"
    " lasting INTEGER NOT NULL,"
    " record TEXT NOT NULL,"
    " outcome TEXT,"
    " text TEXT NOT NULL,"
    " sum INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS pause("
    " one INTEGER PRIMARY KEY CHECK(one = 1),"
    " boot TEXT NOT NULL, until_ns INTEGER, uid INTEGER NOT NULL);"
    "PRAGMA user_version=2; COMMIT;";

}  // namespace

Result<UndoJournal> UndoJournal::open(const std::string& given, IfAbsent absent) {
  const bool in_memory = given == kInMemory;
  const std::string path = in_memory ? given : resolve_directory(given);
  if (!in_memory && has_replacement(path)) return Error{Errc::parse, 0, path + ": " + kUnfinished};
  auto db = open_database(path, absent, kBusyMs);
  if (!db) return db.error();
  UndoJournal journal(std::move(*db), path);
  if (auto ready = journal.prepare_schema(); !ready) return ready.error().within(path);
  if (!in_memory) journal.place_ = FilePlace(path);
  return journal;
}

Result<UndoJournal> UndoJournal::open_raw(const std::string& path) {
  if (auto ours = check_journal_file(path); !ours) return ours.error();
  const Fd writable(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(
      path.c_str(), &raw,
      (writable.valid() ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_FULLMUTEX |
          SQLITE_OPEN_NOFOLLOW,
      nullptr);
  Database db(raw);
  if (code != SQLITE_OK) return sqlite_error(raw, "open " + path);
  sqlite3_busy_timeout(raw, kBusyMs);
  // Alone, SQLite keeps the index of the log in its own memory and not in a file.
  if (writable.valid()) {
    if (auto done = execute(raw, "PRAGMA locking_mode=EXCLUSIVE"); !done) return done.error();
  }
  auto version = read_version(raw, kSchemaVersion);
  if (!version) return version.error().within(path);
  UndoJournal journal(std::move(db), path);
  return journal;
}

Result<UndoJournal> UndoJournal::open_to_read(const std::string& given, std::string* damage) {
  const std::string path = resolve_directory(given);
  const bool unfinished = has_replacement(path);
  auto journal = open_raw(unfinished ? replacement_of(path) : path);
  if (!journal) return journal;
  const auto whole = journal->check();
  if (!unfinished && (whole || whole.error().code != Errc::parse)) return journal;
  if (damage != nullptr) *damage = whole ? kUnfinished : whole.error().what;
  // Nothing is moved from the log into a damaged file at the end.
  if (!unfinished) sqlite3_db_config(journal->db_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  auto memory = open(kInMemory);
  if (!memory) return memory;
  if (auto kept = memory->keep(journal->salvage(), 0); !kept) return kept.error();
  return memory;
}

Result<void> UndoJournal::prepare_schema() {
  if (auto done = execute(db_.get(), kPragmas); !done) return done;
  auto version = read_version(db_.get(), kSchemaVersion);
  if (!version) return version.error();
  if (*version == 0) {
    if (auto done = execute(db_.get(), kSchema); !done) {
      (void)execute(db_.get(), "ROLLBACK");
      return done;
    }
  }
  auto last = read_number(db_.get(), "SELECT max(seq) FROM sqlite_sequence");
  if (!last) return last.error();
  last_id_ = *last;
  return execute(db_.get(), "PRAGMA synchronous=NORMAL");
}

Result<void> UndoJournal::check() {
  {
    Statement check(db_.get(), "PRAGMA integrity_check(1)");
    auto row = check.step();
    if (!row) return row.error();
    if (check.text(0) != "ok") return Error{Errc::parse, 0, check.text(0)};
  }
  Statement rows(db_.get(), kAllRows);
  for (;;) {
    auto there = rows.step();
    if (!there) return there.error();
    if (!*there) return {};
    auto row = read_row(rows);
    if (!row) return row.error();
    if (row->outcome) continue;
    if (auto record = record_from_text(row->record); !record || record->id != row->id) {
      return Error{Errc::parse, 0, "record " + std::to_string(row->id) + " cannot be read"};
    }
  }
}

Result<void> UndoJournal::verify() {
  if (auto whole = check(); !whole) return whole;
  auto writable = try_again();
  // The system lets us write; a file whose header says otherwise is damaged.
  if (!writable && writable.error().code == Errc::not_permitted) {
    return Error{Errc::parse, 0, writable.error().what};
  }
  return writable;
}

std::vector<Row> UndoJournal::salvage() {
  std::vector<Row> saved;
  std::set<RecordId> seen;
  // From both ends: each pass stops at the first page that cannot be read.
  for (const char* sql : {kAllRows, kAllRowsBackwards}) {
    Statement rows(db_.get(), sql);
    for (auto there = rows.step(); there && *there; there = rows.step()) {
      auto row = read_row(rows);
      if (!row || row->outcome || !seen.insert(row->id).second) continue;
      auto record = record_from_text(row->record);
      if (record && record->id == row->id) saved.push_back(std::move(*row));
    }
  }
  return saved;
}

Result<UndoJournal> UndoJournal::open_or_set_aside(const std::string& given, Damage& damage) {
  const std::string path = resolve_directory(given);
  std::string found = kUnfinished;
  if (!has_replacement(path)) {
    std::vector<Row> saved;
    RecordId last = 0;
    {
      auto opened = open(path);
      if (!opened && opened.error().code != Errc::parse) return opened;
      const auto whole = opened ? opened->verify() : Result<void>(opened.error());
      if (whole) return opened;
      if (whole.error().code != Errc::parse) return whole.error().within(path);
      found = whole.error().what;
      if (opened) last = opened->last_id_;
      // What opening stumbles over need not be where the records are.
      if (!opened) opened = open_raw(path);
      if (opened) saved = opened->salvage();
      if (!opened && opened.error().code != Errc::parse) return opened;
    }
    if (auto built = build_replacement(path, saved, last); !built) {
      return built.error().within(path + " is damaged (" + found + ") and cannot be replaced");
    }
  }
  std::size_t salvaged = 0;
  if (auto ready = open_to_read(path)) {
    if (auto records = ready->open_records()) salvaged = records->size();
  }
  auto kept = put_in_place(path);
  if (!kept) return kept.error();
  damage = {*kept, found, salvaged};
  return open(path);
}

}  // namespace m1opt::journal
