#include <algorithm>
#include <set>

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
  std::optional<std::string> damage;
  std::set<ProcessId> held;
  AwakeStatus awake;
  std::vector<std::string> troubles;

  GuardianStatus guardian{true, 1, true, {}};

  std::vector<HealthFinding> findings() {
    return find_health({sample, config, {}, {}, {}, {}, {}, {}, awake, guardian, {}, {}, Mode::active, obstacle,
                        damage, {}, held, {}, troubles},
                       Mode::active);
  }
};

}  // namespace

TEST_CASE("a healthy daemon has nothing to say") { CHECK(HealthRig{}.findings().empty()); }

TEST_CASE("memory that is not locked is told only where the system could lock it") {
  HealthRig rig;
  rig.guardian.memory_locked.reset();
  CHECK(rig.findings().empty());
  rig.guardian.memory_locked = false;
  REQUIRE(rig.findings().size() == 1);
  CHECK(rig.findings()[0].severity == Severity::info);
}

TEST_CASE("what keeps the daemon from acting is named with its own remedy") {
  HealthRig rig;
  rig.obstacle = {"this boot cannot be told from others", "make the boot id readable"};
  const auto found = rig.findings();
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::error);
  CHECK(found[0].text == "this boot cannot be told from others");
  CHECK(found[0].fix == "make the boot id readable");
}

TEST_CASE("after a damaged journal the targets that are stopped are named, and what we stopped is not") {
  HealthRig rig;
  for (const std::int32_t pid : {7, 8, 9}) {
    TargetSample target;
    target.process.id = {pid, 1};
    target.process.name = "photoanalysisd";
    target.process.state = pid == 9 ? RunState::sleeping : RunState::stopped;
    rig.sample.targets.push_back(target);
  }
  rig.held = {{8, 1}};
  CHECK(rig.findings().empty());
  rig.damage = "the undo journal was damaged";
  const auto found = rig.findings();
  REQUIRE(found.size() == 1);
  CHECK(found[0].text == "the undo journal was damaged; stopped, and nobody knows by whom: photoanalysisd (pid 7)");
  CHECK(found[0].fix == "if you did not stop them yourself: sudo kill -CONT 7");
}

TEST_CASE("a machine that could not be kept awake is named, unless nobody wants it or it is not to be had here") {
  HealthRig rig;
  rig.awake.problem = "Access denied";
  REQUIRE(rig.findings().size() == 1);
  CHECK(rig.findings()[0].severity == Severity::warning);
  CHECK(rig.findings()[0].text.find("Access denied") != std::string::npos);
  rig.config.awake.enabled = false;
  CHECK(rig.findings().empty());
  rig.config.awake.enabled = true;
  rig.awake.unsupported = true;
  CHECK(rig.findings().empty());
}

TEST_CASE("a history that cannot be kept is named, and keeps nobody from acting") {
  HealthRig rig;
  rig.troubles = {"history.db: the disk is full"};
  const auto found = rig.findings();
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::warning);
  CHECK(found[0].text == "history.db: the disk is full");
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
