#include "decide/detector.h"

#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

namespace {

struct DetectorBench {
  DetectorConfig config{"memory_used_percent", 80, 75, 5s, 30s};
  DetectorState state;
  Instant now{1h};

  void feed(std::optional<double> value, Duration d = 1s) {
    update_detector(state, config, value, now, 15s);
    now = now + d;
  }
  void feed_for(std::optional<double> value, int seconds) {
    for (int i = 0; i < seconds; ++i) feed(value);
  }
  std::string text() { return detector_text(state, config, Sample{}, now - 1s); }
};

}  // namespace

TEST_CASE("a detector trips after its hold time and not before") {
  DetectorBench bench;
  bench.feed_for(85, 5);
  CHECK_FALSE(bench.state.active);
  bench.feed(85);
  CHECK(bench.state.active);
}

TEST_CASE("a hold time of zero trips at once") {
  DetectorBench bench;
  bench.config.hold = 0s;
  bench.feed(80);
  CHECK(bench.state.active);
}

TEST_CASE("one reading below enter starts the hold time anew") {
  DetectorBench bench;
  bench.feed_for(85, 5);
  bench.feed(79.9);
  bench.feed_for(85, 5);
  CHECK_FALSE(bench.state.active);
  bench.feed(85);
  CHECK(bench.state.active);
}

TEST_CASE("between exit and enter an active detector stays active") {
  DetectorBench bench;
  bench.feed_for(85, 6);
  bench.feed_for(76, 300);
  CHECK(bench.state.active);
}

TEST_CASE("a reading that stays between exit and enter clears after ten minutes") {
  DetectorBench bench;
  bench.feed_for(85, 6);
  bench.feed_for(77, 599);
  bench.feed(80);
  bench.feed_for(77, 600);
  CHECK(bench.state.active);
  bench.feed(77);
  CHECK_FALSE(bench.state.active);
  bench.feed_for(79.9, 3600);
  CHECK_FALSE(bench.state.active);
  bench.feed_for(80, 6);
  CHECK(bench.state.active);
}

TEST_CASE("an exit hold that is longer than that is kept to") {
  DetectorBench bench;
  bench.config.exit_hold = 30min;
  bench.feed_for(85, 6);
  bench.feed_for(70, 1800);
  CHECK(bench.state.active);
  bench.feed(70);
  CHECK_FALSE(bench.state.active);
}

TEST_CASE("a detector clears after exit_hold below exit") {
  DetectorBench bench;
  bench.feed_for(85, 6);
  bench.feed_for(74, 30);
  CHECK(bench.state.active);
  bench.feed(74);
  CHECK_FALSE(bench.state.active);
}

TEST_CASE("one reading above exit starts the exit hold anew") {
  DetectorBench bench;
  bench.feed_for(85, 6);
  bench.feed_for(74, 29);
  bench.feed(75);
  bench.feed_for(74, 30);
  CHECK(bench.state.active);
}

TEST_CASE("with exit above enter a detector trips when the reading is low") {
  DetectorBench bench;
  bench.config = {"memory_available_percent", 10, 15, 5s, 30s};
  bench.feed_for(50, 10);
  CHECK_FALSE(bench.state.active);
  bench.feed_for(9, 6);
  CHECK(bench.state.active);
  bench.feed_for(12, 60);
  CHECK(bench.state.active);
  bench.feed_for(16, 31);
  CHECK_FALSE(bench.state.active);
}

TEST_CASE("an unknown reading trips nothing and breaks the hold time") {
  DetectorBench bench;
  bench.feed_for(std::nullopt, 100);
  CHECK_FALSE(bench.state.active);
  bench.feed_for(85, 5);
  bench.feed(std::nullopt);
  bench.feed_for(85, 5);
  CHECK_FALSE(bench.state.active);
}

TEST_CASE("an active detector survives 15 s without a reading and no more") {
  DetectorBench bench;
  bench.feed_for(85, 6);
  bench.feed_for(std::nullopt, 15);
  CHECK(bench.state.active);
  bench.feed(85);
  bench.feed_for(std::nullopt, 15);
  CHECK(bench.state.active);
  bench.feed(std::nullopt);
  CHECK_FALSE(bench.state.active);
  CHECK(bench.state.lost);
}

TEST_CASE("an unknown reading breaks the exit hold") {
  DetectorBench bench;
  bench.feed_for(85, 6);
  bench.feed_for(70, 25);
  bench.feed_for(std::nullopt, 5);
  bench.feed_for(70, 30);
  CHECK(bench.state.active);
  bench.feed(70);
  CHECK_FALSE(bench.state.active);
}

TEST_CASE("a gap makes the hold time start anew but does not clear") {
  DetectorBench bench;
  bench.feed_for(85, 5);
  forget_holds(bench.state);
  bench.feed(85);
  CHECK_FALSE(bench.state.active);
  bench.feed_for(85, 5);
  CHECK(bench.state.active);
  bench.feed_for(70, 29);
  forget_holds(bench.state);
  bench.feed(70, 1s);
  bench.feed(70, 1s);
  CHECK(bench.state.active);
}

TEST_CASE("a reading falls when it lost a tenth of its distance to exit in three seconds") {
  DetectorBench bench;
  bench.feed(95);
  CHECK_FALSE(is_falling(bench.state, bench.config));
  bench.feed(95);
  CHECK_FALSE(is_falling(bench.state, bench.config));
  bench.feed(94);  // 5 % of the way from 95 to 75
  CHECK_FALSE(is_falling(bench.state, bench.config));
  bench.feed(92.9);
  CHECK(is_falling(bench.state, bench.config));
  bench.feed_for(92.9, 4);
  CHECK_FALSE(is_falling(bench.state, bench.config));
  bench.feed(99);
  CHECK_FALSE(is_falling(bench.state, bench.config));
}

TEST_CASE("readings a few milliseconds apart are no trend") {
  DetectorBench bench;
  bench.feed(95, 20ms);
  bench.feed(85, 20ms);
  CHECK_FALSE(is_falling(bench.state, bench.config));
}

TEST_CASE("the memory of a detector stays small in a storm of ticks") {
  DetectorBench bench;
  for (int i = 0; i < 10'000; ++i) bench.feed(85, 5ms);
  CHECK(bench.state.trend.size() < 40);
  CHECK(bench.state.active);
}

TEST_CASE("a detector says where it stands, with numbers") {
  DetectorBench bench;
  bench.feed(62);
  CHECK(bench.text() == "memory used 62 %, trips at 80 %");
  bench.feed_for(85, 3);
  CHECK(bench.text() == "memory used 85 % >= 80 % for 2 s, trips after 5 s");
  bench.feed_for(85, 10);
  CHECK(bench.text() == "memory used 85 % >= 80 % for 12 s");
  bench.feed(60);
  CHECK(bench.text() == "memory used 60 %, tripped at 80 %, clears below 75 % for 30 s");
  bench.feed(std::nullopt);
  CHECK(bench.text() == "memory used unknown: no reading");
}
