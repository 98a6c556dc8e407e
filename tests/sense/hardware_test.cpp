#include "sense/sampler.h"
#include "sense/scripted_table.h"
#include "support/catch.h"
#include "support/fake_clock.h"

namespace m1opt::sense {

namespace {

/// A machine whose temperatures and fans come from another thread.
struct HardwareRig {
  static SamplerOptions options() {
    SamplerOptions made;
    made.hardware_apart = true;
    return made;
  }
  HardwareRig() { config.sampling.idle_period = std::chrono::seconds(10); }
  Sample take() { return sampler.take(config, clock.now()); }

  test::ScriptedTable table;
  test::FakeClock clock;
  Config config = test::sense_config();
  Sampler sampler{options(), table, clock};
};

const Problem* problem_about(const Sample& sample, const std::string& reader) {
  for (const auto& p : sample.problems) {
    if (p.reader == reader) return &p;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("temperatures and fans of the slow thread carry their age, and old ones are stale") {
  HardwareRig rig;
  auto sample = rig.take();
  CHECK_FALSE(sample.thermal);
  REQUIRE(problem_about(sample, "thermal.fans") != nullptr);
  CHECK(problem_about(sample, "thermal.fans")->code == "busy");
  CHECK(problem_about(sample, "thermal") != nullptr);

  HardwareReport report;
  report.taken = rig.clock.now();
  report.reading.hottest = MilliCelsius{61500};
  report.reading.temperatures = {{"Tp01", MilliCelsius{61500}}};
  report.reading.problems = {{"thermal.fans", "unsupported", "the SMC knows no fan"}};
  rig.sampler.set_hardware_report(report);
  for (int second = 0; second < 15; ++second) {
    rig.clock.advance(std::chrono::seconds(1));
    sample = rig.take();
    REQUIRE(sample.thermal);
    CHECK(sample.thermal->hottest == MilliCelsius{61500});
    CHECK(sample.thermal->sensors_age == std::chrono::seconds(second + 1));
    CHECK(problem_about(sample, "thermal.fans")->text == "the SMC knows no fan");
    CHECK(problem_about(sample, "thermal.hottest") == nullptr);
  }
  rig.clock.advance(std::chrono::seconds(1));
  sample = rig.take();
  CHECK_FALSE(sample.thermal);
  for (const char* field : {"thermal.hottest", "thermal.temperatures", "thermal.fans"}) {
    REQUIRE(problem_about(sample, field) != nullptr);
    CHECK(problem_about(sample, field)->code == "stale");
    CHECK(problem_about(sample, field)->text == "the last reading is 16 s old");
  }
}

TEST_CASE("samples that are rare wait longer for the slow thread, but no sleep makes it young") {
  HardwareRig rig;
  rig.take();
  HardwareReport report;
  report.taken = rig.clock.now();
  report.reading.fans = {{"fan 0", 1200, FanMode::automatic}};
  rig.sampler.set_hardware_report(report);
  for (int i = 0; i < 3; ++i) {
    rig.clock.advance(std::chrono::seconds(10));
    CHECK(rig.take().thermal);
  }
  rig.sampler.set_hardware_report({report.reading, rig.clock.now()});
  rig.clock.advance(std::chrono::hours(1));
  const auto sample = rig.take();
  CHECK_FALSE(sample.thermal);
  CHECK(problem_about(sample, "thermal.fans")->code == "stale");
}

}  // namespace m1opt::sense
