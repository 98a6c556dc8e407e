// What history.db lets go of: what is old is thinned, what is oldest makes room.
#include <sqlite3.h>

#include <algorithm>
#include <string>

#include "journal/history.h"
#include "journal/statement.h"

namespace m1opt::journal {

namespace {

constexpr std::int64_t kPage = 4096;
/// For the log, beside the data file; see journal_size_limit and wal_autocheckpoint.
constexpr std::int64_t kLog = 1 << 20;
/// The share that is let go of at once when there is no more room.
constexpr std::int64_t kPart = 10;
constexpr std::int64_t kMinute = 60'000;

std::int64_t pages_of(Bytes most) { return std::max<std::int64_t>((most.value() - kLog) / kPage, 1); }

Result<void> delete_before(sqlite3* db, const char* sql, std::int64_t time) {
  Statement forget(db, sql);
  return forget.bind(time).run();
}

}  // namespace

Result<void> History::thin(HistoryTime now) {
  // Whole minutes, so that none is made of a part of its seconds.
  const std::int64_t old = (milliseconds_of(now) - milliseconds_of(kSecondsKept)) / kMinute * kMinute;
  Statement thinned(db_.get(),
                    "INSERT OR REPLACE INTO span(tier, at, metric, length, avg, min, max)"
                    " SELECT 60, min(at), metric, sum(length),"
                    "  CASE WHEN sum(length) > 0 THEN sum(avg * length) / sum(length) ELSE avg(avg) END,"
                    "  min(coalesce(min, avg)), max(coalesce(max, avg))"
                    " FROM span WHERE tier = 1 AND at < ? GROUP BY at / 60000, metric");
  if (auto done = thinned.bind(old).run(); !done) return done;
  if (auto done = delete_before(db_.get(), "DELETE FROM span WHERE tier = 1 AND at < ?", old); !done) {
    return done;
  }
  const std::int64_t older = milliseconds_of(now - kMinutesKept);
  if (auto done = delete_before(db_.get(), "DELETE FROM span WHERE tier = 60 AND at < ?", older); !done) {
    return done;
  }
  return forget_before(now - kEventsKept);
}

Result<void> History::forget_before(HistoryTime time) {
  const std::int64_t old = milliseconds_of(time);
  for (const char* sql : {"DELETE FROM span WHERE tier = 1 AND at < ?",
                          "DELETE FROM span WHERE tier = 60 AND at < ?",
                          "DELETE FROM event WHERE at < ?",
                          "DELETE FROM effect_reading WHERE effect IN (SELECT n FROM effect WHERE at < ?)",
                          "DELETE FROM effect WHERE at < ?"}) {
    if (auto done = delete_before(db_.get(), sql, old); !done) return done;
  }
  return {};
}

Result<std::optional<HistoryTime>> History::oldest() {
  Statement find(db_.get(), "SELECT min(at) FROM (SELECT min(at) AS at FROM span WHERE tier = 1"
                            " UNION ALL SELECT min(at) FROM span WHERE tier = 60"
                            " UNION ALL SELECT min(at) FROM event UNION ALL SELECT min(at) FROM effect)");
  auto row = find.step();
  if (!row) return row.error();
  if (find.is_null(0)) return std::optional<HistoryTime>{};
  return std::optional<HistoryTime>(std::chrono::milliseconds(find.integer(0)));
}

Result<HistoryTime> History::last() {
  auto found = read_number(
      db_.get(), "SELECT max(at) FROM (SELECT max(at) AS at FROM span WHERE tier = 1"
                 " UNION ALL SELECT max(at) FROM span WHERE tier = 60"
                 " UNION ALL SELECT max(at) FROM event UNION ALL SELECT max(at) FROM effect)");
  if (!found) return found.error();
  return HistoryTime(std::chrono::milliseconds(*found));
}

Result<void> History::set_most(Bytes most) {
  if (most == most_) return {};
  const std::string limit = "PRAGMA max_page_count=" + std::to_string(pages_of(most));
  if (auto done = execute(db_.get(), limit.c_str()); !done) return done;
  most_ = most;
  return {};
}

/// False: there is nothing left.
Result<bool> History::forget_oldest() {
  auto first = oldest();
  if (!first) return first.error();
  if (!*first) return false;
  auto latest = last();
  if (!latest) return latest.error();
  const Duration part = (*latest - **first) / kPart;
  auto done = transact(db_.get(), [&] {
    return forget_before(**first + std::max<Duration>(part, std::chrono::milliseconds(1)));
  });
  if (!done) return done.error();
  return true;
}

Result<void> History::make_room(Bytes most) {
  const std::int64_t pages = pages_of(most);
  for (;;) {
    auto all = read_number(db_.get(), "PRAGMA page_count");
    auto free = read_number(db_.get(), "PRAGMA freelist_count");
    if (!all) return all.error();
    if (!free) return free.error();
    if (*all - *free > pages - pages / kPart) {
      auto more = forget_oldest();
      if (!more) return more.error();
      if (*more) continue;
    }
    if (*all <= pages) return {};
    most_ = {};  // it could not be set while the file was larger
    return execute(db_.get(), "PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)");
  }
}

}  // namespace m1opt::journal
