#include "decide/awake.h"

#include "decide/support.h"

using namespace m1opt::test;

namespace {

/// What the last tick wishes, as text: "wanted: ..." or "not: ...".
std::string said(const World& world) {
  return (world.last.awake.wanted ? "wanted: " : "not: ") + world.last.awake.text;
}

PowerReading power(std::optional<bool> on_battery, std::optional<Percent> charge) {
  return {on_battery, charge};
}

}  // namespace

TEST_CASE("a machine without a busy workload may sleep") {
  World world;
  world.tick();
  CHECK(said(world) == "not: no workload was busy in the last 2 min");
  world.start_llm(0);  // a model is resident all night
  world.run(1h);
  CHECK(said(world) == "not: no workload was busy in the last 2 min");
}

TEST_CASE("a busy workload keeps the machine awake, and for limits.quiet after") {
  World world;
  world.make_busy();
  CHECK(said(world) == "wanted: ollama is busy: tree CPU 100 % of a core over 5 s");
  world.llm_appetite = 0;
  world.run(30s);
  const auto& memory = world.state.workloads.at("ollama");
  REQUIRE(memory.state == WorkloadState::resident);
  world.now = *memory.last_busy + 119s;
  world.tick();
  CHECK(said(world) == "wanted: ollama was busy 119 s ago, less than 2 min");
  world.now = world.now + 1s;
  world.tick();
  CHECK(said(world) == "not: no workload was busy in the last 2 min");
}

TEST_CASE("a workload that ended keeps the machine awake no longer than a quiet one") {
  World world;
  world.make_busy();
  world.llm.processes.clear();
  world.run(60s);
  CHECK(world.last.awake.wanted);
  world.run(62s);
  CHECK(said(world) == "not: no workload was busy in the last 2 min");
}

TEST_CASE("of several workloads the one that worked last is named") {
  World world;
  world.make_busy();
  world.llm.name = "mlx_lm";
  world.make_busy();
  world.llm_appetite = 0;
  world.run(20s);
  REQUIRE(world.state.workloads.at("mlx_lm").state == WorkloadState::resident);
  CHECK(world.last.awake.wanted);
  CHECK(world.last.awake.text.rfind("mlx_lm was busy ", 0) == 0);
}

TEST_CASE("a pause lets the machine sleep in the same tick") {
  World world;
  world.make_busy();
  REQUIRE(world.last.awake.wanted);
  world.command(PauseCommand{});
  world.tick();
  CHECK(said(world) == "not: m1opt is paused");
  world.command(UnpauseCommand{});
  world.tick();
  CHECK(world.last.awake.wanted);
}

TEST_CASE("a daemon that only observes keeps nothing awake") {
  World world;
  world.make_busy();
  REQUIRE(world.last.awake.wanted);
  world.state.safe = {true, std::nullopt, "it ended three times"};
  world.tick();
  CHECK(said(world) == "not: m1opt only observes: it ended three times");
}

TEST_CASE("the workload that works is told where nobody is kept awake too, and not while nothing may be begun") {
  World world;
  world.config.awake.enabled = false;
  world.make_busy();
  CHECK(world.last.working == "ollama is busy: tree CPU 100 % of a core over 5 s");
  world.command(PauseCommand{});
  world.tick();
  CHECK(world.last.working.empty());
  world.command(UnpauseCommand{});
  world.tick();
  CHECK_FALSE(world.last.working.empty());
  world.llm_appetite = 0;
  world.run(60s);
  CHECK(world.last.working.find("ollama was busy ") == 0);
  world.run(130s);
  CHECK(world.last.working.empty());
}

TEST_CASE("on battery the machine is kept awake by choice only") {
  World world;
  world.base.power = power(true, Percent{62});
  world.make_busy();
  CHECK(said(world) == "not: ollama is busy: tree CPU 100 % of a core over 5 s, but the machine "
                       "runs on battery (awake.on_battery is off)");
  world.config.awake.on_battery = true;
  world.tick();
  CHECK(world.last.awake.wanted);
  world.config.awake.on_battery = false;
  world.base.power = power(false, Percent{62});
  world.tick();
  CHECK(world.last.awake.wanted);
}

TEST_CASE("an unknown power source is the battery where there is one, and mains where there is none") {
  World world;
  world.make_busy();
  world.base.power.reset();  // a desktop lists no supply at all
  world.tick();
  CHECK(world.last.awake.wanted);
  world.base.power = power({}, {});
  world.tick();
  CHECK(world.last.awake.wanted);
  world.base.power = power({}, Percent{40});
  world.tick();
  CHECK_FALSE(world.last.awake.wanted);
  CHECK(world.last.awake.text.find("battery (charge 40 %) is unknown") != std::string::npos);
}

TEST_CASE("switched off in the config it is never wanted") {
  World world;
  world.make_busy();
  world.config.awake.enabled = false;
  world.tick();
  CHECK(said(world) == "not: awake is off in the config");
}

TEST_CASE("a passive policy still keeps the machine awake: that is no action on a target") {
  World world;
  world.make_busy();
  world.state.passive_until = world.now + 1h;
  world.tick();
  REQUIRE(world.last.mode == Mode::passive);
  CHECK(world.last.awake.wanted);
}

TEST_CASE("while the machine is kept awake a minute is the longest between two looks") {
  World world;
  world.config.sampling.busy_period = 1h;
  world.config.sampling.idle_period = 1h;
  world.make_busy();
  REQUIRE(world.last.awake.wanted);
  CHECK(world.last.period <= 1min);
}

TEST_CASE("after a long sleep an old workload wakes no wish") {
  World world;
  world.make_busy();
  world.now = world.now + 8h;
  world.llm_appetite = 0;
  world.tick();
  CHECK_FALSE(world.last.awake.wanted);
}
