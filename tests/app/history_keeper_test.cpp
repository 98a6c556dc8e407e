#include "app/history_keeper.h"

#include <sqlite3.h>

#include <filesystem>
#include <fstream>

#include "support/catch.h"
#include "support/temp_dir.h"
#include "tick_rig.h"

using namespace m1opt;
using namespace m1opt::app;
using namespace m1opt::model;
using m1opt::test::TempDir;
using m1opt::test::TickRig;
using namespace std::chrono_literals;

namespace {

/// The keeper over a slow thread that works when the test says so.
struct KeeperRig : TickRig {
  std::unique_ptr<HistoryKeeper> keeper;
  std::vector<std::function<void()>> posted;
  std::vector<std::string> told;
  bool works{true};  ///< at once

  explicit KeeperRig(const std::string& path) { start(path); }

  /// Another run of the daemon.
  void start(const std::string& path) {
    keeper = std::make_unique<HistoryKeeper>(clock, path);
    keeper->connect(
        [this](std::function<void()> work) {
          posted.push_back(std::move(work));
          if (works) run();
          return true;
        },
        [this](const decide::Reason& reason) { told.push_back(reason.text); });
  }
  void run() {
    for (auto& work : std::exchange(posted, {})) work();
  }
  void ticks(int count, Duration period = 1s) {
    for (int i = 0; i < count; ++i) {
      tick([this](const TickRecord& record) { keeper->note_tick(record); }, period);
    }
  }
  void happen(const std::string& id) {
    Event event;
    event.id = id;
    event.time = clock.wall();
    keeper->note_event(event);
  }
  std::vector<HistoryPoint> points(Duration back, Duration step = 60s) {
    const WallTime now = clock.wall();
    return keeper->series({"memory_used_percent", before(back), {now.point + 1s}, step}).value();
  }
  WallTime before(Duration back) const {
    return {clock.wall().point - std::chrono::duration_cast<std::chrono::system_clock::duration>(back)};
  }
  std::string events(Duration back, std::size_t limit = 100) {
    std::string ids;
    for (const Event& event : keeper->events({before(back), {}, {}, limit}).value()) ids += event.id + " ";
    return ids;
  }
  std::optional<WallTime> last_of(const std::string& name) {
    const auto metrics = keeper->metrics().value();
    for (const HistoryMetric& metric : metrics) {
      if (metric.name == name) return metric.last;
    }
    FAIL("no metric " << name);
    return {};
  }
};

Duration sum(const std::vector<HistoryPoint>& points) {
  Duration all{};
  for (const HistoryPoint& point : points) all += point.span;
  return all;
}

}  // namespace

TEST_CASE("what was kept is there after a restart, and what waits to be written can be asked for") {
  const TempDir dir;
  KeeperRig rig(dir / "history.db");
  rig.happen("a.1");
  rig.ticks(150);
  CHECK(sum(rig.points(5min)) >= 148s);
  CHECK(rig.last_of("memory_used_percent") >= rig.before(3s));
  CHECK_FALSE(rig.last_of("temperature_celsius"));
  rig.keeper->finish();
  rig.clock.advance(1h);
  rig.start(dir / "history.db");
  rig.ticks(5);
  rig.happen("b.1");
  CHECK(sum(rig.points(2h)) >= 152s);
  CHECK(rig.points(2h).front().avg == 50);
  CHECK(rig.events(2h) == "a.1 ");  // what is only in memory is told from there
  CHECK(rig.events(30min).empty());
  rig.ticks(60);
  CHECK(rig.events(2h) == "a.1 b.1 ");
  CHECK(rig.told.empty());
}

TEST_CASE("it is written once a minute and at the end, whatever happens in between") {
  const TempDir dir;
  KeeperRig rig(dir / "history.db");
  rig.works = false;
  rig.ticks(59);
  CHECK(rig.posted.empty());
  for (int i = 0; i < 100; ++i) rig.happen("a." + std::to_string(i));
  rig.ticks(1);
  CHECK(rig.posted.size() == 1);
  rig.ticks(300);
  CHECK(rig.posted.size() == 1);  // a disk that takes its time is not asked again
  rig.run();
  rig.ticks(60);
  CHECK(rig.posted.size() == 1);
  rig.run();
  rig.happen("a.last");
  rig.keeper->finish();
  rig.run();
  CHECK(rig.events(1h, 200).find("a.last") != std::string::npos);
}

TEST_CASE("a clock that is set back puts nothing before what was") {
  const TempDir dir;
  KeeperRig rig(dir / "history.db");
  rig.ticks(120);
  rig.happen("a.1");
  rig.clock.shift_wall(-std::chrono::hours(24 * 365));
  rig.ticks(120);
  rig.happen("a.2");
  CHECK(sum(rig.points(10min)) >= 238s);  // the last ten minutes are what they were
  rig.keeper->finish();
  rig.start(dir / "history.db");
  rig.ticks(120);
  rig.happen("b.1");
  rig.keeper->finish();
  CHECK(rig.events(10min) == "a.1 a.2 b.1 ");
  const auto points = rig.points(10min);
  CHECK(sum(points) >= 356s);
  CHECK(std::is_sorted(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.time < b.time; }));
  CHECK(points.back().time <= rig.clock.wall());
  // Set right again while it runs: later is still later.
  rig.clock.shift_wall(std::chrono::hours(24 * 365));
  rig.ticks(120);
  rig.happen("b.2");
  rig.keeper->finish();
  CHECK(rig.events(std::chrono::hours(24 * 30)) == "a.1 a.2 b.1 b.2 ");
}

TEST_CASE("what is not written while the disk is full comes later; it is said once, and when it is well again") {
  const TempDir dir;
  KeeperRig rig(dir / "absent/history.db");
  rig.happen("a.1");
  rig.ticks(200);
  REQUIRE(rig.told.size() == 1);
  CHECK(rig.told[0].find("what happens is not kept: ") == 0);
  CHECK_FALSE(rig.keeper->fault().empty());
  CHECK(rig.keeper->trouble() == "what happens is not kept: " + rig.keeper->fault());
  CHECK(sum(rig.points(5min)) >= 198s);  // from memory
  std::filesystem::create_directory(dir / "absent");
  rig.ticks(61);
  rig.ticks(1);
  REQUIRE(rig.told.size() == 2);
  CHECK(rig.told[1] == "what happens is kept again");
  CHECK(rig.keeper->fault().empty());
  CHECK(rig.events(1h) == "a.1 ");
  rig.start(dir / "absent/history.db");
  CHECK(sum(rig.points(10min)) >= 235s);  // the last minute was not yet written
}

TEST_CASE("what could not be written into an open file is written with what came after it") {
  const TempDir dir;
  const std::string path = dir / "history.db";
  KeeperRig rig(path);
  rig.happen("a.1");
  rig.ticks(61);
  REQUIRE(rig.told.empty());
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open_v2(path.c_str(), &other, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  rig.happen("a.2");
  rig.ticks(60);
  REQUIRE(rig.told.size() == 1);
  CHECK(rig.told[0].find("what happens is not kept: ") == 0);
  REQUIRE(sqlite3_close_v2(other) == SQLITE_OK);
  rig.happen("a.3");
  rig.ticks(61);
  CHECK(rig.told.size() == 2);
  rig.keeper->finish();
  rig.start(path);
  CHECK(rig.events(1h) == "a.1 a.2 a.3 ");
  CHECK(sum(rig.points(10min)) >= 180s);
}

TEST_CASE("what waits for a disk that never comes has a limit") {
  const TempDir dir;
  KeeperRig rig(dir / "absent/history.db");
  for (int i = 0; i < 10'000; ++i) {
    rig.ticks(1);
    rig.happen("a." + std::to_string(i));
  }
  const auto points = rig.points(5h, 1s);
  CHECK(points.size() > 1000);
  CHECK(points.size() < 8000);
  CHECK(points.back().time >= rig.before(3s));
}

TEST_CASE("a file that is damaged or removed while it is open is replaced by a new one, and that is said") {
  const TempDir dir;
  const std::string path = dir / "history.db";
  KeeperRig rig(path);
  rig.ticks(70);
  SECTION("damaged") {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(0);
    for (int i = 0; i < 40'000; ++i) file.put('x');
    file.close();
    std::filesystem::resize_file(path + "-wal", 0);
    rig.start(path);
    rig.ticks(200);
    CHECK(std::filesystem::exists(path + ".damaged-1"));
    CHECK(std::any_of(rig.told.begin(), rig.told.end(),
                      [](const std::string& text) { return text.find("history.db was damaged") == 0; }));
  }
  SECTION("removed") {
    for (const char* suffix : m1opt::journal::kDatabaseFiles) std::filesystem::remove(path + suffix);
    rig.ticks(70);
    REQUIRE(rig.told.size() == 1);
    CHECK(rig.told[0].find("a new history is begun: ") == 0);
  }
  CHECK(rig.keeper->fault().empty());
  CHECK(std::filesystem::exists(path));
  CHECK(sum(rig.points(1min)) >= 55s);
}

TEST_CASE("turned off nothing is written; turned on again what was is there") {
  const TempDir dir;
  KeeperRig rig(dir / "history.db");
  rig.ticks(30);
  rig.config.history.enabled = false;
  rig.ticks(300);
  rig.happen("a.1");
  CHECK(rig.keeper->fault() == "history.enabled is false");
  rig.config.history.enabled = true;
  rig.ticks(70);
  CHECK(rig.keeper->fault().empty());
  const auto points = rig.points(1h, 1s);
  CHECK(sum(points) >= 95s);
  CHECK(sum(points) <= 105s);
  CHECK(rig.events(1h).empty());
  CHECK(rig.told.empty());
}

TEST_CASE("turned off from the start, and over a copy of a machine, no file is made") {
  const TempDir dir;
  SECTION("off") {
    KeeperRig rig(dir / "history.db");
    rig.config.history.enabled = false;
    rig.ticks(200);
    CHECK(rig.keeper->fault() == "history.enabled is false");
    CHECK(rig.keeper->trouble().empty());
    CHECK(rig.points(1h).empty());
    rig.keeper->finish();
  }
  SECTION("a copy") {
    KeeperRig rig("");
    rig.ticks(200);
    rig.happen("a.1");
    CHECK(rig.keeper->fault() == "this daemon looks at a copy of a machine");
    CHECK(rig.points(1h).empty());
    CHECK(rig.events(1h).empty());
    rig.keeper->finish();
  }
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("effects that wait to be written are told too") {
  const TempDir dir;
  KeeperRig rig(dir / "history.db");
  rig.set_pressure(PressureLevel::critical);
  rig.ticks(5);
  rig.done(ActionVerb::begin, ActionKind::suspend, 3);
  rig.ticks(35);
  CHECK(rig.keeper->effects({}, 100).value().size() == 1);
  rig.ticks(60);
  const auto effects = rig.keeper->effects({}, 100).value();
  REQUIRE(effects.size() == 1);
  CHECK(effects[0].record == 3);
  CHECK(rig.keeper->effects({}, 0).value().empty());
}
