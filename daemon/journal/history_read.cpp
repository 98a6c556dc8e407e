#include <sqlite3.h>

#include <algorithm>
#include <boost/describe.hpp>

#include "journal/history.h"
#include "journal/statement.h"

namespace m1opt::journal {

namespace {

using std::chrono::milliseconds;

/// Over at, length, avg, min, max. No time is so far that it could not be counted in.
std::optional<HistorySpan> read_span(const Statement& row) {
  constexpr std::int64_t kFar = std::int64_t{1} << 43;
  const std::int64_t at = row.integer(0);
  const std::int64_t length = row.integer(1);
  if (at < 0 || at > kFar || length < 0 || length > kFar) return std::nullopt;
  const double avg = row.real(2);
  const double min = row.is_null(3) ? avg : row.real(3);
  const double max = row.is_null(4) ? avg : row.real(4);
  // The mean that SQLite made may be off by its rounding.
  return HistorySpan{milliseconds(at), milliseconds(length), min, std::max(min, std::min(avg, max)), max};
}

const std::string kSelectEvent =
    "SELECT id, time, kind, severity, text, rule, target, pid, start FROM event ";

/// Absent for a kind that another version knew.
std::optional<Event> read_event(const Statement& row) {
  Event event;
  if (!boost::describe::enum_from_string(row.text(2).c_str(), event.kind) ||
      !boost::describe::enum_from_string(row.text(3).c_str(), event.severity)) {
    return std::nullopt;
  }
  event.id = row.text(0);
  event.time = wall_from_milliseconds(row.integer(1));
  event.text = row.text(4);
  event.rule = row.text(5);
  event.target = row.text(6);
  if (!row.is_null(7)) {
    event.process = ProcessId{static_cast<std::int32_t>(row.integer(7)),
                              static_cast<std::uint64_t>(row.integer(8))};
  }
  return event;
}

Result<std::vector<EffectReading>> read_readings(sqlite3* db, std::int64_t effect) {
  std::vector<EffectReading> readings;
  Statement rows(db, "SELECT metric, before, after FROM effect_reading WHERE effect = ?");
  rows.bind(effect);
  for (;;) {
    auto there = rows.step();
    if (!there) return there.error();
    if (!*there) return readings;
    EffectReading& reading = readings.emplace_back();
    reading.metric = rows.text(0);
    if (!rows.is_null(1)) reading.before = rows.real(1);
    if (!rows.is_null(2)) reading.after = rows.real(2);
  }
}

}  // namespace

Result<std::vector<History::Kept>> History::metrics() {
  auto first = oldest();
  if (!first) return first.error();
  std::vector<Kept> kept;
  Statement rows(db_.get(), "SELECT name, first, last FROM metric ORDER BY id");
  for (;;) {
    auto there = rows.step();
    if (!there) return there.error();
    if (!*there) return kept;
    Kept one{rows.text(0), milliseconds(rows.integer(1)), milliseconds(rows.integer(2))};
    if (!*first || one.last < **first) continue;  // all of it is forgotten
    one.first = std::max(one.first, **first);
    kept.push_back(std::move(one));
  }
}

Result<void> History::visit_spans(const std::string& metric, HistoryTime from, HistoryTime until,
                                  const Visit& visit) {
  // What is thinned is older than what is not.
  for (const std::int64_t tier : {60, 1}) {
    Statement rows(db_.get(),
                   "SELECT at, length, avg, min, max FROM span WHERE tier = ? AND at >= ? AND at < ?"
                   " AND metric = (SELECT id FROM metric WHERE name = ?) ORDER BY at");
    rows.bind(tier).bind(milliseconds_of(from)).bind(milliseconds_of(until)).bind(metric);
    for (;;) {
      auto there = rows.step();
      if (!there) return there.error();
      if (!*there) break;
      const auto span = read_span(rows);
      if (!span) return Error{Errc::parse, 0, "a span at no possible time"};
      visit(*span);
    }
  }
  return {};
}

Result<std::vector<Event>> History::events(const EventQuery& query) {
  std::int64_t after = 0;
  if (!query.after.empty()) {
    Statement find(db_.get(), "SELECT max(n) FROM event WHERE id = ?");
    auto row = find.bind(query.after).step();
    if (!row) return row.error();
    after = find.integer(0);
  }
  const char* kind = query.kind ? boost::describe::enum_to_string(*query.kind, "?") : "";
  Statement rows(db_.get(), (kSelectEvent + "WHERE at >= ? AND n > ? AND (? = '' OR kind = ?)"
                                           " ORDER BY n LIMIT ?").c_str());
  rows.bind(milliseconds_of(query.from)).bind(after).bind(std::string_view(kind));
  rows.bind(std::string_view(kind)).bind(static_cast<std::int64_t>(query.limit));
  std::vector<Event> events;
  for (;;) {
    auto there = rows.step();
    if (!there) return there.error();
    if (!*there) return events;
    if (auto event = read_event(rows)) events.push_back(std::move(*event));
  }
}

Result<std::optional<Event>> History::event(const std::string& id) {
  Statement rows(db_.get(), (kSelectEvent + "WHERE id = ? ORDER BY n DESC LIMIT 1").c_str());
  auto there = rows.bind(id).step();
  if (!there) return there.error();
  if (!*there) return std::optional<Event>{};
  return read_event(rows);
}

Result<std::vector<HoldEffect>> History::effects(HistoryTime from, std::size_t limit) {
  Statement rows(db_.get(), "SELECT n, time, record, kind, target, pid, start, reason, before, after"
                            " FROM effect WHERE at >= ? ORDER BY n DESC LIMIT ?");
  rows.bind(milliseconds_of(from)).bind(static_cast<std::int64_t>(limit));
  std::vector<HoldEffect> effects;
  for (;;) {
    auto there = rows.step();
    if (!there) return there.error();
    if (!*there) break;
    HoldEffect effect;
    if (!boost::describe::enum_from_string(rows.text(3).c_str(), effect.kind)) continue;
    effect.time = wall_from_milliseconds(rows.integer(1));
    effect.record = rows.integer(2);
    effect.target = rows.text(4);
    effect.process = {static_cast<std::int32_t>(rows.integer(5)),
                      static_cast<std::uint64_t>(rows.integer(6))};
    effect.reason = rows.text(7);
    effect.before = milliseconds(rows.integer(8));
    effect.after = milliseconds(rows.integer(9));
    auto readings = read_readings(db_.get(), rows.integer(0));
    if (!readings) return readings.error();
    effect.readings = std::move(*readings);
    effects.push_back(std::move(effect));
  }
  std::reverse(effects.begin(), effects.end());
  return effects;
}

}  // namespace m1opt::journal
