#include "decide/distance.h"

#include "decide/detector.h"
#include "support/catch.h"

using namespace m1opt::decide;
using namespace std::chrono_literals;

namespace {

/// A detector that saw this for so long.
class Watched {
 public:
  Watched(const std::string& metric, double enter, double exit)
      : config_{metric, enter, exit, 5s, 30s} {
    state_.metric = metric;
  }
  Watched& see(std::optional<double> value, int seconds) {
    for (int i = 0; i <= seconds; ++i) {
      now_ = now_ + 1s;
      update_detector(state_, config_, value, now_, 15s);
    }
    return *this;
  }
  [[nodiscard]] std::string text() const { return distance_text(state_, config_, sample_, now_); }

 private:
  DetectorConfig config_;
  DetectorState state_;
  Sample sample_;
  Instant now_{1h};
};

}  // namespace

TEST_CASE("how far a reading is from tripping is told in its own unit") {
  CHECK(Watched("memory_used_percent", 80, 75).see(62, 1).text() ==
        "memory used 62 %: 18 points below 80 %; trips after 5 s there");
  CHECK(Watched("targets_cpu_percent", 25, 10).see(3, 1).text() ==
        "the targets' demand for CPU 3 % of a core: 22 % of a core below 25 % of a core; trips after 5 s there");
  CHECK(Watched("swap_out_bytes_per_s", 20e6, 5e6).see(8e6, 1).text() ==
        "swap-out 8 MB/s: 12 MB/s below 20 MB/s; trips after 5 s there");
  CHECK(Watched("temperature_celsius", 90, 85).see(71.5, 1).text() ==
        "temperature 72 °C: 18 °C below 90 °C; trips after 5 s there");
  CHECK(Watched("pressure_level", 2, 2).see(1, 1).text() ==
        "memory pressure warning: 1 level below critical; trips after 5 s there");
  CHECK(Watched("on_battery", 1, 1).see(0, 1).text() ==
        "on battery no: below yes; trips after 5 s there");
  CHECK(Watched("battery_charge_percent", 20, 25).see(63, 1).text() ==
        "battery charge 63 %: 43 points above 20 %; trips after 5 s there");
}

TEST_CASE("beyond the threshold the time that is left is told") {
  CHECK(Watched("memory_used_percent", 80, 75).see(83, 2).text() ==
        "memory used 83 %: 3 points above 80 %; trips in 3 s if it stays");
  CHECK(Watched("pressure_level", 2, 2).see(2, 2).text() ==
        "memory pressure critical: at critical; trips in 3 s if it stays");
}

TEST_CASE("what has tripped says where and when it clears") {
  Watched used("memory_used_percent", 80, 75);
  used.see(85, 10);
  CHECK(used.text() == "memory used 85 %: 10 points above 75 %; clears after 30 s below 75 %");
  used.see(70, 10);
  CHECK(used.text() == "memory used 70 %: 5 points below 75 %; clears in 20 s if it stays");
  Watched charge("battery_charge_percent", 20, 25);
  charge.see(15, 10);
  CHECK(charge.text() == "battery charge 15 %: 10 points below 25 %; clears after 30 s above 25 %");
}

TEST_CASE("an unknown reading trips nothing, and says so") {
  CHECK(Watched("memory_used_percent", 80, 75).see(std::nullopt, 1).text() ==
        "memory used is unknown, so it trips nothing: no reading");
}
