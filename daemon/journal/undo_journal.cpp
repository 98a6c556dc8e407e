#include "journal/undo_journal.h"

#include <sqlite3.h>

#include <algorithm>
#include <boost/describe.hpp>
#include <cstdio>
#include <filesystem>

#include "journal/statement.h"

namespace m1opt::journal {

namespace {

constexpr int kSchemaVersion = 1;
constexpr int kBusyMs = 500;
constexpr std::int64_t kClosedKept = 100;

// WAL: a crash in the middle of a write leaves the last complete transaction,
// and other processes can close records while the daemon has the file open.
// NORMAL: one write, no sync, before an effect that dies with the machine; the
// cache of 64 pages keeps the daemon's memory small.
constexpr const char* kPragmas =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA fullfsync=1;"
    "PRAGMA cache_size=64; PRAGMA max_page_count=256; PRAGMA trusted_schema=0;";

constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS undo("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " kind TEXT NOT NULL,"
    " record TEXT NOT NULL,"
    " outcome TEXT,"
    " text TEXT);"
    "CREATE INDEX IF NOT EXISTS undo_open ON undo(id) WHERE outcome IS NULL;"
    "CREATE TABLE IF NOT EXISTS pause("
    " one INTEGER PRIMARY KEY CHECK(one = 1),"
    " boot TEXT NOT NULL, until_ns INTEGER, uid INTEGER NOT NULL);";

}  // namespace

void UndoJournal::Closer::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

UndoJournal::UndoJournal(std::unique_ptr<sqlite3, Closer> db) : db_(std::move(db)) {}
UndoJournal::UndoJournal(UndoJournal&&) noexcept = default;
UndoJournal& UndoJournal::operator=(UndoJournal&&) noexcept = default;
UndoJournal::~UndoJournal() = default;

Result<UndoJournal> UndoJournal::open(const std::string& path) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                                       SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_NOFOLLOW,
                                   nullptr);
  std::unique_ptr<sqlite3, Closer> db(raw);
  if (code != SQLITE_OK) return sqlite_error(raw, "open " + path);
  sqlite3_busy_timeout(raw, kBusyMs);
  UndoJournal journal(std::move(db));
  if (auto ready = journal.prepare_schema(); !ready) return ready.error().within(path);
  std::error_code ignored;
  std::filesystem::permissions(
      path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ignored);
  return journal;
}

Result<void> UndoJournal::prepare_schema() {
  if (auto done = execute(db_.get(), kPragmas); !done) return done;
  std::int64_t version = 0;
  {
    Statement read(db_.get(), "PRAGMA user_version");
    auto row = read.step();
    if (!row) return row.error();
    version = read.integer(0);
  }
  if (version > kSchemaVersion) {
    return Error{Errc::unsupported, 0,
                 "written by a newer m1opt (schema " + std::to_string(version) + "); this one knows " +
                     std::to_string(kSchemaVersion)};
  }
  if (version == kSchemaVersion) return {};
  if (auto done = execute(db_.get(), kSchema); !done) return done;
  return execute(db_.get(), "PRAGMA user_version=1");
}

Result<UndoJournal> UndoJournal::open_or_set_aside(const std::string& path,
                                                   std::string& set_aside) {
  auto opened = open(path);
  if (opened || opened.error().code != Errc::parse) return opened;
  namespace fs = std::filesystem;
  std::error_code error;
  for (int n = 1; n < 1000; ++n) {
    const std::string kept = path + ".damaged-" + std::to_string(n);
    if (fs::exists(kept, error)) continue;
    fs::rename(path, kept, error);
    if (error) return Error{Errc::io, error.value(), "set aside " + path + ": " + error.message()};
    for (const char* suffix : {"-wal", "-shm"}) fs::rename(path + suffix, kept + suffix, error);
    set_aside = kept;
    return open(path);
  }
  return opened;
}

Result<RecordId> UndoJournal::add(UndoRecord record) {
  if (auto begun = execute(db_.get(), "BEGIN IMMEDIATE"); !begun) return begun.error();
  auto stored = [&]() -> Result<RecordId> {
    const char* kind = boost::describe::enum_to_string(record.kind, "?");
    Statement insert(db_.get(), "INSERT INTO undo(kind, record) VALUES(?, '')");
    if (auto done = insert.bind(kind).run(); !done) return done.error();
    record.id = sqlite3_last_insert_rowid(db_.get());
    Statement fill(db_.get(), "UPDATE undo SET record = ? WHERE id = ?");
    if (auto done = fill.bind(record_to_text(record)).bind(record.id).run(); !done) {
      return done.error();
    }
    // A daemon that runs for months must not fill its journal with what is over.
    Statement trim(db_.get(), "DELETE FROM undo WHERE outcome IS NOT NULL AND id <= ?");
    if (auto done = trim.bind(record.id - kClosedKept).run(); !done) return done.error();
    if (auto done = execute(db_.get(), "COMMIT"); !done) return done.error();
    return record.id;
  }();
  if (!stored) (void)execute(db_.get(), "ROLLBACK");
  return stored;
}

Result<void> UndoJournal::update(const UndoRecord& record) {
  Statement update(db_.get(), "UPDATE undo SET record = ? WHERE id = ? AND outcome IS NULL");
  if (auto done = update.bind(record_to_text(record)).bind(record.id).run(); !done) return done;
  if (sqlite3_changes(db_.get()) == 1) return {};
  return Error{Errc::changed, 0, "undo record " + std::to_string(record.id) + " is closed already"};
}

Result<void> UndoJournal::close(RecordId id, OutcomeCode code, const std::string& text) {
  Statement update(db_.get(),
                   "UPDATE undo SET outcome = ?, text = ? WHERE id = ? AND outcome IS NULL");
  return update.bind(boost::describe::enum_to_string(code, "?")).bind(text).bind(id).run();
}

Result<std::optional<Closing>> UndoJournal::closing(RecordId id) {
  Statement query(db_.get(), "SELECT outcome, text FROM undo WHERE id = ?");
  auto row = query.bind(id).step();
  if (!row) return row.error();
  if (!*row) return std::optional(Closing{OutcomeCode::gone, "the journal knows it no more"});
  if (query.is_null(0)) return std::optional<Closing>{};
  Closing closing{OutcomeCode::failed, query.text(1)};
  boost::describe::enum_from_string(query.text(0).c_str(), closing.code);
  return std::optional(std::move(closing));
}

Result<std::vector<UndoRecord>> UndoJournal::open_records(std::vector<RecordId>* unreadable) {
  std::vector<UndoRecord> records;
  Statement query(db_.get(),
                  "SELECT id, record FROM undo WHERE outcome IS NULL "
                  "ORDER BY kind = 'suspend' DESC, id");
  for (;;) {
    auto row = query.step();
    if (!row) return row.error();
    if (!*row) return records;
    auto record = record_from_text(query.text(1));
    if (record) {
      records.push_back(std::move(*record));
    } else if (unreadable != nullptr) {
      unreadable->push_back(query.integer(0));
    } else {
      return record.error().within("record " + std::to_string(query.integer(0)));
    }
  }
}

Result<void> UndoJournal::tidy() {
  Statement trim(db_.get(),
                 "DELETE FROM undo WHERE outcome IS NOT NULL AND id <= "
                 "(SELECT max(id) FROM undo) - ?");
  if (auto done = trim.bind(kClosedKept).run(); !done) return done;
  return execute(db_.get(), "PRAGMA wal_checkpoint(TRUNCATE)");
}

Result<void> UndoJournal::store_pause(const std::optional<StoredPause>& pause) {
  if (!pause) return execute(db_.get(), "DELETE FROM pause");
  Statement store(db_.get(),
                  "INSERT OR REPLACE INTO pause(one, boot, until_ns, uid) VALUES(1, ?, ?, ?)");
  store.bind(pause->boot.value);
  if (pause->until) {
    store.bind(pause->until->since_boot.count());
  } else {
    store.bind_null();
  }
  return store.bind(static_cast<std::int64_t>(pause->uid)).run();
}

Result<std::optional<StoredPause>> UndoJournal::load_pause() {
  Statement query(db_.get(), "SELECT boot, until_ns, uid FROM pause");
  auto row = query.step();
  if (!row) return row.error();
  if (!*row) return std::optional<StoredPause>{};
  StoredPause pause;
  pause.boot = {query.text(0)};
  if (!query.is_null(1)) pause.until = Instant{Duration(query.integer(1))};
  pause.uid = static_cast<std::uint32_t>(query.integer(2));
  return std::optional<StoredPause>(pause);
}

}  // namespace m1opt::journal
