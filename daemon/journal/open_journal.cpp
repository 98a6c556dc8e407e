// How undo.db is opened: what is refused, what is set aside, and what is saved of it.
#include <fcntl.h>
#include <sqlite3.h>

#include <set>

#include "base/fd.h"
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
  auto db = open_database(path, absent, kBusyMs);
  if (!db) return db.error();
  UndoJournal journal(std::move(*db), path);
  if (auto ready = journal.prepare_schema(); !ready) return ready.error().within(path);
  if (!in_memory) journal.place_ = FilePlace(path);
  return journal;
}

Result<UndoJournal> UndoJournal::open_to_read(const std::string& given) {
  const std::string path = resolve_directory(given);
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

Result<void> UndoJournal::verify() {
  {
    Statement check(db_.get(), "PRAGMA integrity_check(1)");
    auto row = check.step();
    if (!row) return row.error();
    if (check.text(0) != "ok") return Error{Errc::parse, 0, check.text(0)};
  }
  // The system lets us write; a file whose header says otherwise is damaged.
  if (auto writable = try_again(); !writable) {
    const Error& error = writable.error();
    return error.code == Errc::not_permitted ? Error{Errc::parse, 0, error.what} : error;
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

std::vector<UndoRecord> UndoJournal::salvage() {
  std::vector<UndoRecord> saved;
  std::set<RecordId> seen;
  // From both ends: each pass stops at the first page that cannot be read.
  for (const char* sql : {kAllRows, kAllRowsBackwards}) {
    Statement rows(db_.get(), sql);
    for (auto there = rows.step(); there && *there; there = rows.step()) {
      auto row = read_row(rows);
      if (!row || row->outcome || !seen.insert(row->id).second) continue;
      auto record = record_from_text(row->record);
      if (record && record->id == row->id) saved.push_back(std::move(*record));
    }
  }
  return saved;
}

Result<UndoJournal> UndoJournal::open_or_set_aside(const std::string& path, Damage& damage) {
  std::vector<UndoRecord> saved;
  RecordId last = 0;
  {
    auto opened = open(path);
    if (opened) {
      auto whole = opened->verify();
      if (whole) return opened;
      if (whole.error().code != Errc::parse) return whole.error().within(path);
      damage.text = whole.error().what;
      saved = opened->salvage();
      last = opened->last_id_;
    } else if (opened.error().code == Errc::parse) {
      damage.text = opened.error().what;
    } else {
      return opened;
    }
  }
  auto kept = set_aside(path);
  if (!kept) return kept.error();
  damage.kept_as = *kept;
  auto fresh = open(path);
  if (!fresh) return fresh;
  for (UndoRecord& record : saved) last = std::max(last, record.id);
  if (auto done = fresh->skip_ids(last); !done) return done.error();
  for (UndoRecord& record : saved) {
    if (auto added = fresh->add(std::move(record)); !added) return added.error();
    ++damage.salvaged;
  }
  return fresh;
}

}  // namespace m1opt::journal
