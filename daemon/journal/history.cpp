// How history.db is opened and written; what is read of it: history_read.cpp.
#include "journal/history.h"

#include <sqlite3.h>

#include <cerrno>

#include "journal/statement.h"

namespace m1opt::journal {

namespace {

constexpr int kHistoryVersion = 1;
/// "m1oh": tells the file from other programs' databases.
constexpr std::int64_t kApplication = 0x6d316f68;
constexpr std::int64_t kTables = 5;
/// Short: only the slow thread waits, but temperatures are read there too.
constexpr int kHistoryBusyMs = 100;

// A power cut may take the last minutes of an expendable file, so nothing is synced but when the
// log is moved into it. auto_vacuum must come before there is any table.
constexpr const char* kHistoryPragmas =
    "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
    "PRAGMA wal_autocheckpoint=128; PRAGMA journal_size_limit=1048576; PRAGMA cache_size=64;"
    "PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=0;";

// Times are milliseconds. A span without min and max was the same all the time. What is written
// together stands together, so a minute of all metrics is a few pages.
constexpr const char* kHistorySchema =
    "CREATE TABLE metric("
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " first INTEGER NOT NULL, last INTEGER NOT NULL);"
    "CREATE TABLE span("
    " tier INTEGER NOT NULL, at INTEGER NOT NULL, metric INTEGER NOT NULL,"
    " length INTEGER NOT NULL, avg REAL NOT NULL, min REAL, max REAL,"
    " PRIMARY KEY(tier, at, metric)) WITHOUT ROWID;"
    "CREATE TABLE event("
    " n INTEGER PRIMARY KEY, at INTEGER NOT NULL, id TEXT NOT NULL, time INTEGER NOT NULL,"
    " kind TEXT NOT NULL, severity TEXT NOT NULL, text TEXT NOT NULL, rule TEXT NOT NULL,"
    " target TEXT NOT NULL, pid INTEGER, start INTEGER);"
    "CREATE INDEX event_at ON event(at);"
    "CREATE TABLE effect("
    " n INTEGER PRIMARY KEY, at INTEGER NOT NULL, time INTEGER NOT NULL, record INTEGER NOT NULL,"
    " kind TEXT NOT NULL, target TEXT NOT NULL, pid INTEGER NOT NULL, start INTEGER NOT NULL,"
    " reason TEXT NOT NULL, before INTEGER NOT NULL, after INTEGER NOT NULL);"
    "CREATE TABLE effect_reading("
    " effect INTEGER NOT NULL, metric TEXT NOT NULL, before REAL, after REAL,"
    " PRIMARY KEY(effect, metric)) WITHOUT ROWID;"
    "PRAGMA application_id=1831956328; PRAGMA user_version=1;";

Result<void> check_whole(sqlite3* db) {
  Statement check(db, "PRAGMA quick_check(1)");
  auto row = check.step();
  if (!row) return row.error();
  if (check.text(0) != "ok") return Error{Errc::parse, 0, check.text(0)};
  return {};
}

/// A metric's own number in the file, given when it is first written.
Result<std::int64_t> number_of(sqlite3* db, const std::string& name, std::int64_t first) {
  for (int i = 0; i < 2; ++i) {
    Statement find(db, "SELECT id FROM metric WHERE name = ?");
    auto there = find.bind(name).step();
    if (!there) return there.error();
    if (*there) return find.integer(0);
    Statement add(db, "INSERT INTO metric(name, first, last) VALUES(?, ?, ?)");
    if (auto done = add.bind(name).bind(first).bind(first).run(); !done) return done.error();
  }
  return Error{Errc::parse, 0, "a metric that was written is not there"};
}

}  // namespace

Result<History> History::open(const std::string& given) {
  const std::string path = given == kInMemory ? given : resolve_directory(given);
  auto db = open_database(path, IfAbsent::create, kHistoryBusyMs);
  if (!db) return db.error();
  History history(std::move(*db));
  if (auto ready = history.prepare_schema(); !ready) return ready.error().within(path);
  if (path != kInMemory) history.place_ = FilePlace(path);
  return history;
}

Result<void> History::prepare_schema() {
  // Another program's is not even given a log.
  auto tables = read_number(db_.get(), "SELECT count(*) FROM sqlite_master WHERE type = 'table'");
  if (!tables) return tables.error();
  auto application = read_number(db_.get(), "PRAGMA application_id");
  if (!application) return application.error();
  if (*tables > 0 && *application != kApplication) {
    return Error{Errc::not_permitted, 0, "is another program's database: move it away"};
  }
  auto version = read_version(db_.get(), kHistoryVersion);
  if (!version) return version.error();
  if (auto done = execute(db_.get(), kHistoryPragmas); !done) return done;
  if (*version == 0) return transact(db_.get(), [&] { return execute(db_.get(), kHistorySchema); });
  if (*tables != kTables) return Error{Errc::parse, 0, "its tables are not those of a history"};
  return check_whole(db_.get());
}

Result<History> History::open_or_set_aside(const std::string& path, Damage& damage) {
  {
    auto opened = open(path);
    if (opened || opened.error().code != Errc::parse) return opened;
    damage.text = opened.error().what;
  }
  auto kept = set_aside(resolve_directory(path));
  if (!kept) return kept.error();
  damage.kept_as = *kept;
  return open(path);
}

Result<void> History::append(const HistoryBatch& batch, const std::vector<std::string>& metrics,
                             HistoryTime now, Bytes most) {
  if (auto set = set_most(most); !set) return set;
  const auto write = [&] {
    return transact(db_.get(), [&]() -> Result<void> {
      if (auto done = insert(batch, metrics); !done) return done;
      return thin(now);
    });
  };
  auto done = write();
  // Full of itself, or the disk of something else? The second try tells.
  if (!done && done.error().os_errno == ENOSPC && forget_oldest()) done = write();
  if (!done) return done;
  return make_room(most);
}

Result<void> History::insert(const HistoryBatch& batch, const std::vector<std::string>& metrics) {
  if (auto done = insert_spans(batch.spans, metrics); !done) return done;
  if (auto done = insert_events(batch.events); !done) return done;
  return insert_effects(batch.effects);
}

Result<void> History::insert_spans(const std::vector<MetricSpan>& spans,
                                   const std::vector<std::string>& metrics) {
  std::vector<std::optional<std::pair<std::int64_t, std::int64_t>>> seen(metrics.size());  // id, last
  Statement add(db_.get(), "INSERT OR REPLACE INTO span(tier, at, metric, length, avg, min, max)"
                           " VALUES(1, ?, ?, ?, ?, ?, ?)");
  for (const auto& [metric, span] : spans) {
    const std::int64_t at = milliseconds_of(span.at);
    if (!seen[metric]) {
      auto number = number_of(db_.get(), metrics[metric], at);
      if (!number) return number.error();
      seen[metric] = {*number, at};
    }
    seen[metric]->second = at;
    add.reset();
    add.bind(at).bind(seen[metric]->first).bind(milliseconds_of(span.span)).bind_real(span.avg);
    if (span.min == span.max) {
      add.bind_null().bind_null();
    } else {
      add.bind_real(span.min).bind_real(span.max);
    }
    if (auto done = add.run(); !done) return done;
  }
  for (const auto& one : seen) {
    if (!one) continue;
    Statement note(db_.get(), "UPDATE metric SET last = max(last, ?) WHERE id = ?");
    if (auto done = note.bind(one->second).bind(one->first).run(); !done) return done;
  }
  return {};
}

Result<void> History::insert_events(const std::vector<HistoryEvent>& events) {
  Statement add(db_.get(), "INSERT INTO event(at, id, time, kind, severity, text, rule, target, pid, start)"
                           " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const auto& [at, event] : events) {
    add.reset();
    add.bind(milliseconds_of(at)).bind(event.id).bind(milliseconds_of(event.time));
    add.bind(std::string_view(boost::describe::enum_to_string(event.kind, "?")));
    add.bind(std::string_view(boost::describe::enum_to_string(event.severity, "?")));
    add.bind(event.text).bind(event.rule).bind(event.target);
    if (event.process) {
      add.bind(std::int64_t{event.process->pid}).bind(static_cast<std::int64_t>(event.process->start));
    } else {
      add.bind_null().bind_null();
    }
    if (auto done = add.run(); !done) return done;
  }
  return {};
}

Result<void> History::insert_effects(const std::vector<HistoryEffect>& effects) {
  for (const auto& [at, effect] : effects) {
    Statement add(db_.get(), "INSERT INTO effect(at, time, record, kind, target, pid, start, reason,"
                             " before, after) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    add.bind(milliseconds_of(at)).bind(milliseconds_of(effect.time)).bind(effect.record);
    add.bind(std::string_view(boost::describe::enum_to_string(effect.kind, "?"))).bind(effect.target);
    add.bind(std::int64_t{effect.process.pid}).bind(static_cast<std::int64_t>(effect.process.start));
    add.bind(effect.reason).bind(milliseconds_of(effect.before)).bind(milliseconds_of(effect.after));
    if (auto done = add.run(); !done) return done;
    const std::int64_t number = sqlite3_last_insert_rowid(db_.get());
    for (const EffectReading& reading : effect.readings) {
      Statement value(db_.get(), "INSERT INTO effect_reading(effect, metric, before, after)"
                                 " VALUES(?, ?, ?, ?)");
      value.bind(number).bind(reading.metric);
      for (const auto& one : {reading.before, reading.after}) {
        if (one) {
          value.bind_real(*one);
        } else {
          value.bind_null();
        }
      }
      if (auto done = value.run(); !done) return done;
    }
  }
  return {};
}

}  // namespace m1opt::journal
