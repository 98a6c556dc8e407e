#include <algorithm>

#include "app/status.h"
#include "platform/platform.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::app;

namespace {

struct HealthRig {
  Sample sample;
  Config config;
  std::optional<Obstacle> obstacle;

  std::vector<HealthFinding> findings() {
    const GuardianStatus guardian{true, 1, true, {}};
    return find_health({sample, config, {}, {}, {}, {}, {}, {}, guardian, {}, {}, Mode::active, obstacle, {}},
                       Mode::active);
  }
};

}  // namespace

TEST_CASE("a healthy daemon has nothing to say") { CHECK(HealthRig{}.findings().empty()); }

TEST_CASE("what keeps the daemon from acting is named with its own remedy") {
  HealthRig rig;
  rig.obstacle = {"this boot cannot be told from others", "make the boot id readable"};
  const auto found = rig.findings();
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::error);
  CHECK(found[0].text == "this boot cannot be told from others");
  CHECK(found[0].fix == "make the boot id readable");
}

TEST_CASE("scheduling tiers that do nothing here, or slow the workload down, are named") {
  HealthRig rig;
  rig.config.priority.throughput_tier = 5;
  rig.config.priority.latency_tier = 0;
  const auto found = rig.findings();
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::warning);
  const char* said = platform::has_tiers() ? "0 is the best tier and 5 the worst" : "this system has none";
  CHECK(found[0].text.find(said) != std::string::npos);
}
