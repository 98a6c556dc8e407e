#include "journal/history.h"

#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>

#include "journal/thinning.h"
#include "support/catch.h"
#include "support/content_of.h"
#include "support/recording_vfs.h"
#include "support/temp_dir.h"

using namespace m1opt::base;
using namespace m1opt::model;
using m1opt::journal::History;
using m1opt::test::content_of;
using m1opt::test::RecordingVfs;
using m1opt::test::TempDir;
using namespace std::chrono_literals;

namespace {

constexpr HistoryTime kStart = std::chrono::hours(24 * 365 * 56);
constexpr Bytes kMost{64LL << 20};
const std::vector<std::string> kMetrics{"load", "heat"};

MetricSpan reading(std::size_t metric, HistoryTime at, double value, Duration span = 1s) {
  return {metric, {at, span, value, value, value}};
}

std::vector<HistorySpan> spans_of(History& history, const std::string& metric,
                                  HistoryTime from = {}, HistoryTime until = 2 * kStart) {
  std::vector<HistorySpan> spans;
  REQUIRE(history.visit_spans(metric, from, until, [&](const HistorySpan& span) { spans.push_back(span); }));
  return spans;
}

Event event(const std::string& id, EventKind kind = EventKind::command) {
  Event made;
  made.id = id;
  made.kind = kind;
  made.text = "it happened: " + id;
  return made;
}

std::string event_ids(History& history, const History::EventQuery& query) {
  std::string list;
  const auto events = history.events(query).value();
  for (const Event& one : events) list += one.id + " ";
  return list;
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

void edit(const std::string& path, const char* sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close_v2(db);
}

std::uintmax_t size_of(const std::string& path) {
  std::uintmax_t size = 0;
  for (const char* suffix : m1opt::journal::kDatabaseFiles) {
    std::error_code error;
    const auto one = std::filesystem::file_size(path + suffix, error);
    // The index is of no lasting size, and never more than a few pages.
    if (!error && std::string_view(suffix) != "-shm") size += one;
  }
  return size;
}

}  // namespace

TEST_CASE("what was written is there when the file is opened again") {
  const TempDir dir;
  HoldEffect effect;
  effect.record = 7;
  effect.kind = ActionKind::suspend;
  effect.target = "photoanalysisd";
  effect.process = {812, 0xffff'ffff'ffff'fff0U};
  effect.reason = "memory is critical";
  effect.before = 30s;
  effect.after = 12'500ms;
  effect.readings = {{"load", 80.5, std::nullopt}, {"heat", std::nullopt, 3}};
  Event told = event("e.1", EventKind::action_done);
  told.process = ProcessId{812, 77};
  {
    auto history = History::open(dir / "history.db").value();
    HistoryBatch batch;
    batch.spans = {{0, {kStart, 2s, 1, 2.5, 4}}, reading(1, kStart, 50)};
    batch.events = {{kStart, told}};
    batch.effects = {{kStart, effect}};
    REQUIRE(history.append(batch, kMetrics, kStart, kMost));
  }
  auto history = History::open(dir / "history.db").value();
  CHECK(spans_of(history, "load") == std::vector<HistorySpan>{{kStart, 2s, 1, 2.5, 4}});
  CHECK(spans_of(history, "heat") == std::vector<HistorySpan>{{kStart, 1s, 50, 50, 50}});
  CHECK(spans_of(history, "nothing").empty());
  CHECK(history.events({.from = {}, .after = {}, .kind = {}, .limit = 9}).value() == std::vector<Event>{told});
  CHECK(history.event(told.id).value() == told);
  CHECK(history.event("other").value() == std::nullopt);
  auto effects = history.effects({}, 9).value();
  REQUIRE(effects.size() == 1);
  std::reverse(effects[0].readings.begin(), effects[0].readings.end());  // by name in the file
  CHECK(effects[0] == effect);
  CHECK(history.last().value() == kStart);
  const auto metrics = history.metrics().value();
  REQUIRE(metrics.size() == 2);
  CHECK(metrics[0].metric == "load");
}

TEST_CASE("seconds become minutes after an hour, each reading stands once, and no extreme is lost") {
  const TempDir dir;
  auto history = History::open(dir / "history.db").value();
  std::mt19937 random(3);
  std::vector<HistorySpan> all;
  HistoryTime at = kStart;
  const auto same = [&](Duration step) {
    m1opt::journal::Thinner kept(step);
    m1opt::journal::Thinner whole(step);
    std::vector<HistorySpan> left;
    std::vector<HistorySpan> right;
    for (const HistorySpan& span : spans_of(history, "load")) {
      if (const auto made = kept.add(span)) left.push_back(*made);
    }
    for (const HistorySpan& span : all) {
      if (const auto made = whole.add(span)) right.push_back(*made);
    }
    REQUIRE(left.size() == right.size());
    for (std::size_t i = 0; i < left.size(); ++i) {
      REQUIRE(left[i].at == right[i].at);
      REQUIRE(left[i].min == right[i].min);
      REQUIRE(left[i].max == right[i].max);
      REQUIRE(left[i].span == right[i].span);
      REQUIRE(std::abs(left[i].avg - right[i].avg) < 1e-6);
    }
  };
  for (int minute = 0; minute < 200; ++minute) {
    HistoryBatch batch;
    const HistoryTime until = at + 60s;
    while (at < until) {
      const Duration span = std::chrono::milliseconds(1000 + random() % 9000);
      MetricSpan one = reading(0, at, static_cast<double>(random() % 1000) / 10, span);
      one.span.min -= static_cast<double>(random() % 20);
      one.span.max += static_cast<double>(random() % 20);
      all.push_back(one.span);
      batch.spans.push_back(one);
      batch.spans.push_back(reading(1, at, 50, span));
      at += span;
    }
    // Asleep, stopped, or killed before it wrote: there is a gap, and it stays one.
    if (minute % 40 == 7) at += 777s;
    REQUIRE(history.append(batch, kMetrics, at, kMost));
    if (minute % 20 == 0) same(60s);
  }
  for (const Duration step : {60s, 300s, 3600s}) same(step);
  CHECK(spans_of(history, "load", at - 3600s).size() > 500);
  CHECK(spans_of(history, "load", kStart, kStart + 3600s).size() <= 60);
}

TEST_CASE("minutes go after two weeks, events and effects after 90 days") {
  const TempDir dir;
  auto history = History::open(dir / "history.db").value();
  HistoryBatch batch;
  batch.spans = {reading(0, kStart, 1)};
  batch.events = {{kStart, event("e.1")}};
  batch.effects.push_back({kStart, {}});
  REQUIRE(history.append(batch, kMetrics, kStart, kMost));
  const auto pass = [&](Duration time) { REQUIRE(history.append({}, kMetrics, kStart + time, kMost)); };
  const auto left = [&] {
    return std::to_string(spans_of(history, "load").size()) +
           std::to_string(history.events({.from = {}, .after = {}, .kind = {}, .limit = 9}).value().size()) +
           std::to_string(history.effects({}, 9).value().size());
  };
  pass(std::chrono::hours(24 * 14 - 1));
  CHECK(left() == "111");
  pass(std::chrono::hours(24 * 14 + 1));
  CHECK(left() == "011");
  pass(std::chrono::hours(24 * 90 - 1));
  CHECK(left() == "011");
  pass(std::chrono::hours(24 * 90 + 1));
  CHECK(left() == "000");
  CHECK(history.metrics().value().empty());
}

TEST_CASE("events are found by time, by kind and after an id; a kind of another version is left out") {
  const TempDir dir;
  auto history = History::open(dir / "history.db").value();
  HistoryBatch batch;
  for (int i = 1; i <= 6; ++i) {
    batch.events.push_back({kStart + i * 10s, event("e." + std::to_string(i), i % 2 == 0 ? EventKind::passive
                                                                                         : EventKind::command)});
  }
  REQUIRE(history.append(batch, kMetrics, kStart + 60s, kMost));
  edit(dir / "history.db", "UPDATE event SET kind = 'telepathy' WHERE id = 'e.5'");
  CHECK(event_ids(history, {.from = {}, .after = {}, .kind = {}, .limit = 9}) == "e.1 e.2 e.3 e.4 e.6 ");
  CHECK(event_ids(history, {.from = kStart + 30s, .after = {}, .kind = {}, .limit = 2}) == "e.3 e.4 ");
  CHECK(event_ids(history, {.from = {}, .after = "e.2", .kind = {}, .limit = 2}) == "e.3 e.4 ");
  CHECK(event_ids(history, {.from = {}, .after = {}, .kind = EventKind::passive, .limit = 9}) == "e.2 e.4 e.6 ");
  CHECK(event_ids(history, {.from = {}, .after = "x.1", .kind = {}, .limit = 1}) == "e.1 ");
}

TEST_CASE("the files stay below their limit: the oldest goes, the latest is there") {
  const TempDir dir;
  const std::string path = dir / "history.db";
  auto history = History::open(path).value();
  const Bytes most{4LL << 20};
  std::mt19937 random(5);
  HistoryTime at = kStart;
  for (int round = 0; round < 400; ++round) {
    HistoryBatch batch;
    for (int i = 0; i < 300; ++i) {
      at += 60s;
      batch.spans.push_back({0, {at, 60s, 1.5, static_cast<double>(random()), 5e9}});
      if (i % 3 == 0) batch.events.push_back({at, event("e." + std::to_string(random()))});
    }
    REQUIRE(history.append(batch, kMetrics, at, most));
    REQUIRE(size_of(path) <= static_cast<std::uintmax_t>(most.value()));
    REQUIRE(spans_of(history, "load", at - 10'000s).back().at == at);
  }
  CHECK(spans_of(history, "load").front().at > kStart + std::chrono::hours(24));
  CHECK(spans_of(history, "load").size() > 10'000);
  const auto size = size_of(path);
  SECTION("a lower limit takes effect with what is written next") {
    history = History::open(path).value();
    for (int i = 0; i < 3; ++i) REQUIRE(history.append({}, kMetrics, at, Bytes{2LL << 20}));
    CHECK(size_of(path) <= 2U << 20U);
    CHECK(spans_of(history, "load").back().at == at);
  }
  SECTION("a higher one too") {
    HistoryBatch batch;
    for (int i = 0; i < 20'000; ++i) batch.events.push_back({at, event("f." + std::to_string(i))});
    REQUIRE(history.append(batch, kMetrics, at, kMost));
    CHECK(size_of(path) > size);
    CHECK(history.events({.from = at, .after = {}, .kind = {}, .limit = 100'000}).value().size() == 20'000);
  }
}

TEST_CASE("a full disk takes all of a batch or nothing, and later all of it") {
  const TempDir dir;
  const std::string path = dir / "history.db";
  for (std::size_t writes = 0; writes < 30; ++writes) {
    std::filesystem::remove(path);
    RecordingVfs disk(path);
    auto history = History::open(path).value();
    HistoryBatch before;
    before.spans = {reading(0, kStart - 1s, 9)};
    REQUIRE(history.append(before, kMetrics, kStart, kMost));
    HistoryBatch batch;
    for (int i = 0; i < 300; ++i) {
      batch.spans.push_back(reading(0, kStart + i * 1s, i));
      batch.events.push_back({kStart + i * 1s, event("e." + std::to_string(i))});
    }
    disk.fill_after(writes);
    const auto done = history.append(batch, kMetrics, kStart + 300s, kMost);
    disk.make_room();
    const std::size_t kept = spans_of(history, "load", kStart).size();
    CHECK(kept == (done ? 300U : 0U));
    if (!done) {
      CHECK(done.error().os_errno == ENOSPC);
      REQUIRE(history.append(batch, kMetrics, kStart + 300s, kMost));
    }
    CHECK(spans_of(history, "load", kStart).size() == 300);
    CHECK(history.events({.from = {}, .after = {}, .kind = {}, .limit = 999}).value().size() == 300);
  }
}

TEST_CASE("a batch that fails in its middle leaves nothing of itself") {
  const TempDir dir;
  const std::string path = dir / "history.db";
  auto history = History::open(path).value();
  edit(path, "DROP TABLE effect");
  HistoryBatch batch;
  batch.spans = {reading(0, kStart, 1)};
  batch.events = {{kStart, event("e.1")}};
  batch.effects.push_back({kStart, {}});
  CHECK_FALSE(history.append(batch, kMetrics, kStart, kMost));
  CHECK(spans_of(history, "load").empty());
  CHECK(history.events({.from = {}, .after = {}, .kind = {}, .limit = 9}).value().empty());
}

TEST_CASE("a damaged file is kept beside the new one that is begun") {
  const TempDir dir;
  const std::string path = dir / "history.db";
  {
    auto history = History::open(path).value();
    HistoryBatch batch;
    for (int i = 0; i < 5000; ++i) batch.spans.push_back(reading(0, kStart + i * 1s, i));
    REQUIRE(history.append(batch, kMetrics, kStart, kMost));
  }
  const std::string whole = content_of(path);
  REQUIRE(whole.size() > 100'000);
  const auto damaged = [&](const std::string& text, const std::string& kept) {
    write_file(path, text);
    History::Damage damage;
    auto history = History::open_or_set_aside(path, damage);
    REQUIRE(history);
    CHECK(damage.kept_as == path + kept);
    CHECK_FALSE(damage.text.empty());
    CHECK(content_of(path + kept).substr(100, 4000) == text.substr(100, 4000));
    CHECK(spans_of(*history, "load").empty());
    HistoryBatch batch;
    batch.spans = {reading(0, kStart, 1)};
    CHECK(history->append(batch, kMetrics, kStart, kMost));
  };
  damaged("this is no database at all, but it is long enough to be taken for one at first sight " +
              std::string(2000, '.'), ".damaged-1");
  std::string holed = whole;
  for (std::size_t i = 8192; i < 12'288; ++i) holed[i] = static_cast<char>(i * 7);
  damaged(holed, ".damaged-2");
  damaged(whole.substr(0, whole.size() / 2), ".damaged-3");
  edit(path, "DROP TABLE event");
  History::Damage damage;
  CHECK(History::open_or_set_aside(path, damage));
  CHECK(damage.kept_as == path + ".damaged-4");
}

TEST_CASE("what is not ours to write is left as it is") {
  const TempDir dir;
  const std::string path = dir / "history.db";
  const auto refused = [&](Errc code) {
    const std::string before = content_of(path);
    History::Damage damage;
    const auto history = History::open_or_set_aside(path, damage);
    REQUIRE_FALSE(history);
    CHECK(history.error().code == code);
    CHECK(damage.kept_as.empty());
    CHECK(content_of(path) == before);
    CHECK_FALSE(std::filesystem::exists(path + ".damaged-1"));
  };
  SECTION("a newer m1opt's") {
    REQUIRE(History::open(path));
    edit(path, "PRAGMA user_version=2");
    refused(Errc::unsupported);
  }
  SECTION("another program's, whatever its version") {
    write_file(path, "");
    edit(path, "CREATE TABLE span(theirs); PRAGMA user_version=1");
    refused(Errc::not_permitted);
  }
  SECTION("a symlink") {
    write_file(dir / "elsewhere", "");
    std::filesystem::create_symlink(dir / "elsewhere", path);
    refused(Errc::not_permitted);
  }
  SECTION("one that another program has locked") {
    REQUIRE(History::open(path));
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE metric SET first=0", nullptr,
                         nullptr, nullptr) == SQLITE_OK);
    refused(Errc::busy);
    sqlite3_close_v2(db);
    CHECK(History::open(path));
  }
}

TEST_CASE("a file that is removed or replaced while it is open is noticed") {
  const TempDir dir;
  const std::string path = dir / "history.db";
  { REQUIRE(History::open(path)); }
  auto history = History::open(path).value();
  CHECK(history.check_place());
  HistoryBatch batch;
  batch.spans = {reading(0, kStart, 1)};
  REQUIRE(history.append(batch, kMetrics, kStart, kMost));
  CHECK(history.check_place());
  std::filesystem::remove(path);
  CHECK_FALSE(history.check_place());
}
