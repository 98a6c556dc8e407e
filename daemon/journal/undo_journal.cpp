#include "journal/undo_journal.h"

#include <sqlite3.h>

#include <algorithm>
#include <boost/describe.hpp>
#include <cerrno>
#include <filesystem>

#include "journal/row.h"
#include "journal/statement.h"

namespace m1opt::journal {

namespace {

constexpr std::int64_t kClosedKept = 100;
/// Ids skipped at each start. Every half of it a record is synced, so that never more than that
/// many ids are known to nothing but memory.
constexpr std::int64_t kIdStride = 100;
constexpr std::uintmax_t kLogLimit = 256U * 1024;

bool is_full(const Error& error) { return error.os_errno == ENOSPC; }

/// Somebody else's doing, not the disk's.
bool is_fault(const Error& error) { return error.code != Errc::changed && error.code != Errc::gone; }

}  // namespace

UndoJournal::UndoJournal(Database db, std::string path)
    : db_(std::move(db)), path_(std::move(path)) {}
UndoJournal::UndoJournal(UndoJournal&&) noexcept = default;
UndoJournal& UndoJournal::operator=(UndoJournal&&) noexcept = default;
UndoJournal::~UndoJournal() = default;

Result<void> UndoJournal::transact(Durability durability, const std::function<Result<void>()>& body) {
  // Changes from written to synced must happen outside of a transaction.
  const bool synced = durability == Durability::synced;
  if (synced) {
    if (auto done = execute(db_.get(), "PRAGMA synchronous=FULL"); !done) return done;
  }
  auto done = journal::transact(db_.get(), body);
  if (synced) (void)execute(db_.get(), "PRAGMA synchronous=NORMAL");
  return done;
}

Result<void> UndoJournal::write(Durability durability, const std::function<Result<void>()>& body) {
  auto done = transact(durability, body);
  if (!done && is_full(done.error())) {
    // Full of what is closed? The disk is another matter, and the second try tells.
    (void)transact(Durability::written, [&] {
      return execute(db_.get(), "DELETE FROM undo WHERE outcome IS NOT NULL");
    });
    done = transact(durability, body);
  }
  // Afterwards, so that it says where the record is, not where it would have been.
  if (done) {
    if (auto place = check_place(); !place) {
      fault_ = place.error();
      return place;
    }
  }
  if (done) {
    fault_.reset();
  } else if (is_fault(done.error())) {
    fault_ = done.error();
  }
  return done;
}

Result<RecordId> UndoJournal::add(UndoRecord record, Durability at_least) {
  if (auto done = catch_up(); !done) return done.error();
  Durability durability = std::max(record.durability(), at_least);
  if ((last_id_ + 1) % (kIdStride / 2) == 0) durability = Durability::synced;
  const bool lasting = std::max(record.durability(), at_least) == Durability::synced;
  auto done = write(durability, [&]() -> Result<void> {
    // AUTOINCREMENT keeps the number even of rows that are deleted.
    if (auto made = execute(db_.get(), "INSERT INTO undo(kind, lasting, record, text, sum)"
                                       " VALUES('', 0, '', '', 0)"); !made) {
      return made;
    }
    Row row{.id = sqlite3_last_insert_rowid(db_.get()), .kind = {}, .lasting = lasting,
            .record = {}, .outcome = {}, .text = {}};
    record.id = row.id;
    row.kind = boost::describe::enum_to_string(record.kind, "?");
    row.record = record_to_text(record);
    if (auto stored = store_row(db_.get(), row); !stored) return stored;
    Statement trim(db_.get(), "DELETE FROM undo WHERE outcome IS NOT NULL AND id <= ?");
    return trim.bind(row.id - kClosedKept).run();
  });
  if (!done) return done.error();
  last_id_ = record.id;
  return record.id;
}

Result<void> UndoJournal::update(const UndoRecord& record) {
  auto row = find_row(db_.get(), record.id);
  if (!row) return row.error();
  const bool lasting = *row && (*row)->lasting;
  return write(lasting ? Durability::synced : record.durability(), [&]() -> Result<void> {
    auto now = find_row(db_.get(), record.id);
    if (!now) return now.error();
    if (!*now || (*now)->outcome) {
      return Error{Errc::changed, 0, "undo record " + std::to_string(record.id) + " is closed already"};
    }
    (*now)->record = record_to_text(record);
    return store_row(db_.get(), **now);
  });
}

Result<void> UndoJournal::store_closing(const Unclosed& closing) {
  auto found = find_row(db_.get(), closing.id);
  const bool lasting = found && *found && (*found)->lasting;
  return write(lasting ? Durability::synced : Durability::written, [&]() -> Result<void> {
    auto row = find_row(db_.get(), closing.id);
    if (!row) return row.error();
    if (!*row || (*row)->outcome) return {};
    (*row)->outcome = boost::describe::enum_to_string(closing.code, "?");
    (*row)->text = closing.text;
    // What it changed is of no use any more, and its room is: closing must not fail in a full file.
    if (auto record = record_from_text((*row)->record)) {
      record->changes.clear();
      record->family.clear();
      (*row)->record = record_to_text(*record);
    }
    return store_row(db_.get(), **row);
  });
}

Result<void> UndoJournal::close(RecordId id, OutcomeCode code, const std::string& text) {
  Unclosed closing{id, code, text};
  auto done = store_closing(closing);
  if (!done) unclosed_.push_back(std::move(closing));
  return done;
}

Result<void> UndoJournal::catch_up() {
  while (!unclosed_.empty()) {
    if (auto done = store_closing(unclosed_.front()); !done) return done;
    unclosed_.erase(unclosed_.begin());
  }
  return {};
}

Result<void> UndoJournal::try_again() {
  if (auto done = catch_up(); !done) return done;
  return write(Durability::written, [&] {
    return execute(db_.get(), "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'undo'");
  });
}

Result<std::optional<Closing>> UndoJournal::closing(RecordId id) {
  auto row = find_row(db_.get(), id);
  if (!row) return row.error();
  if (!*row || !(*row)->outcome) return std::optional<Closing>{};
  Closing closing{OutcomeCode::failed, (*row)->text};
  boost::describe::enum_from_string((*row)->outcome->c_str(), closing.code);
  return std::optional(std::move(closing));
}

Result<std::vector<UndoRecord>> UndoJournal::open_records(std::vector<RecordId>* unreadable) {
  std::vector<UndoRecord> records;
  Statement query(db_.get(), kAllRows);
  for (;;) {
    auto there = query.step();
    if (!there) return there.error();
    if (!*there) break;
    auto row = read_row(query);
    if (row && row->outcome) continue;
    auto record = row ? record_from_text(row->record) : Result<UndoRecord>(row.error());
    if (record && record->id == row->id) {
      records.push_back(std::move(*record));
    } else if (unreadable != nullptr) {
      unreadable->push_back(query.integer(0));
    } else {
      return Error{Errc::parse, 0, "record " + std::to_string(query.integer(0)) + " is damaged"};
    }
  }
  std::stable_partition(records.begin(), records.end(), [](const UndoRecord& record) {
    return is_stop(record.kind);
  });
  return records;
}

Result<void> UndoJournal::skip_ids(RecordId beyond) {
  const RecordId next = std::max(last_id_, beyond) + kIdStride;
  auto done = write(Durability::synced, [&]() -> Result<void> {
    if (auto there = execute(db_.get(), "INSERT INTO sqlite_sequence(name, seq) SELECT 'undo', 0"
                                        " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence"
                                        " WHERE name = 'undo')"); !there) {
      return there;
    }
    Statement skip(db_.get(), "UPDATE sqlite_sequence SET seq = ? WHERE name = 'undo'");
    return skip.bind(next).run();
  });
  if (done) last_id_ = next;
  return done;
}

void UndoJournal::keep_small() {
  std::error_code error;
  const auto size = std::filesystem::file_size(path_ + kDatabaseFiles[1], error);
  if (!error && size > kLogLimit) (void)execute(db_.get(), "PRAGMA wal_checkpoint(TRUNCATE)");
}

Result<void> UndoJournal::tidy() {
  Statement trim(db_.get(),
                 "DELETE FROM undo WHERE outcome IS NOT NULL AND id <= "
                 "(SELECT max(id) FROM undo) - ?");
  if (auto done = trim.bind(kClosedKept).run(); !done) return done;
  return execute(db_.get(), "PRAGMA wal_checkpoint(TRUNCATE)");
}

Result<void> UndoJournal::store_pause(const std::optional<StoredPause>& pause) {
  return write(Durability::written, [&]() -> Result<void> {
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
  });
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
