#include "sense/sensor_reader.h"

#include <algorithm>

#include "support/catch.h"
#include "support/fake_clock.h"

using namespace std::chrono_literals;

namespace m1opt::sense {

namespace {

/// One sensor that takes as long as `takes`, between two that take no time.
struct ReaderRig {
  SensorReader make(bool asks_others) {
    const auto quick = [](Sample& sample) {
      sample.gpu.emplace();
      return std::vector<Problem>{};
    };
    const auto slow = [this](Sample& sample) {
      ++asked;
      clock.advance(takes);
      sample.thermal.emplace();
      return std::vector<Problem>{{"thermal.fans", "unsupported", "none"}};
    };
    const auto last = [this](Sample& sample) {
      beats_before_last = beats;
      sample.power.emplace();
      return std::vector<Problem>{};
    };
    SensorReader reader({{"gpu", quick}, {"thermal", slow, asks_others}, {"power", last}}, clock);
    reader.set_heartbeat([this] { ++beats; });
    return reader;
  }
  Sample read(SensorReader& reader) {
    Sample sample;
    reader.read(sample);
    CHECK(sample.gpu.has_value());
    CHECK(sample.power.has_value());
    return sample;
  }
  /// What is said of the sensor itself, once.
  static std::string text_of(const Sample& sample) {
    std::string text;
    for (const Problem& problem : sample.problems) {
      if (problem.reader == "thermal" && problem.code == "slow") text += problem.text;
    }
    return text;
  }

  test::FakeClock clock;
  Duration takes{5s};
  int asked{0};
  int beats{0};
  int beats_before_last{0};
};

}  // namespace

TEST_CASE("a device that takes 5 s is not believed, and not asked again for a minute, while all else is read") {
  ReaderRig rig;
  auto reader = rig.make(true);
  auto sample = rig.read(reader);
  CHECK_FALSE(sample.thermal.has_value());
  CHECK(sample.problems.size() == 1);  // what it said itself is not repeated
  CHECK(ReaderRig::text_of(sample) == "reading it took 5.0 s; it is asked again in 60 s");
  rig.clock.advance(59s);
  sample = rig.read(reader);
  CHECK(rig.asked == 1);
  CHECK_FALSE(sample.thermal.has_value());
  CHECK(ReaderRig::text_of(sample) == "reading it took 5.0 s; it is asked again in 1 s");
  rig.takes = 1s;
  rig.clock.advance(1s);
  sample = rig.read(reader);
  CHECK(rig.asked == 2);
  CHECK(sample.thermal.has_value());
  CHECK(ReaderRig::text_of(sample).empty());
}

TEST_CASE("a device that hangs each time is asked ever more rarely, and one that recovered begins anew") {
  ReaderRig rig;
  auto reader = rig.make(true);
  for (const auto rest : {1min, 2min, 4min, 8min, 16min, 16min}) {
    rig.read(reader);
    const int asked = rig.asked;
    rig.clock.advance(rest - 1s);
    rig.read(reader);
    CHECK(rig.asked == asked);
    rig.clock.advance(1s);
  }
  rig.takes = {};
  rig.read(reader);
  rig.takes = 5s;
  CHECK(ReaderRig::text_of(rig.read(reader)) == "reading it took 5.0 s; it is asked again in 60 s");
}

TEST_CASE("what the kernel knows by itself is believed however long it took, and asked again at once") {
  ReaderRig rig;
  auto reader = rig.make(false);
  for (int i = 1; i < 4; ++i) {
    const auto sample = rig.read(reader);
    CHECK(rig.asked == i);
    CHECK(sample.thermal.has_value());
    CHECK(ReaderRig::text_of(sample) == "reading it took 5.0 s");
  }
}

TEST_CASE("after a sensor that took long the heart beats before the next is read, else not") {
  ReaderRig rig;
  auto reader = rig.make(true);
  rig.read(reader);
  CHECK(rig.beats_before_last == 1);
  CHECK(rig.beats == 1);
  rig.read(reader);
  CHECK(rig.beats == 1);
}

}  // namespace m1opt::sense
