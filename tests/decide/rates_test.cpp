#include "decide/rates.h"

#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

TEST_CASE("rates need two samples") {
  World world;
  world.tick();
  CHECK_FALSE(world.last.derived.swap_out_rate);
  CHECK_FALSE(world.last.derived.cpu_busy);
  CHECK_FALSE(world.last.derived.targets_cpu);
  world.swap_out = 38e6;
  world.cpu_share = 0.25;
  world.pass(2s);
  world.tick();
  CHECK(world.last.derived.swap_out_rate->value() == Approx(38e6));
  CHECK(world.last.derived.cpu_busy->value() == Approx(25));
  CHECK(world.last.derived.targets_cpu->value() == Approx(0));
}

TEST_CASE("a counter that goes backwards is unknown for that sample") {
  World world;
  world.swap_out = 1e6;
  world.tick();
  world.pass(1s);
  world.tick();
  REQUIRE(world.last.derived.swap_out_rate);
  world.base.swap->swapped_out = Bytes{5};
  world.now = world.now + 1s;
  world.tick();
  CHECK_FALSE(world.last.derived.swap_out_rate);
  world.pass(1s);
  world.tick();
  CHECK(world.last.derived.swap_out_rate->value() == Approx(1e6));
}

TEST_CASE("a counter that disappears leaves no old rate behind") {
  World world;
  world.swap_out = 1e6;
  world.tick();
  world.pass(1s);
  world.tick();
  world.base.swap.reset();
  world.now = world.now + 1s;
  world.tick();
  CHECK_FALSE(world.last.derived.swap_out_rate);
  world.base.cpu.reset();
  world.now = world.now + 1s;
  world.tick();
  CHECK_FALSE(world.last.derived.cpu_busy);
}

TEST_CASE("a wake-up right after a tick keeps the rates instead of computing them from 5 ms") {
  World world;
  const auto id = world.add_target(10, "mds", 1);
  world.tick();
  world.pass(1s);
  world.tick();
  REQUIRE(find_track(world.state, id)->share == Approx(100));
  world.process(id).cpu_time += 10ms;  // one clock step: 300 % of 5 ms
  world.now = world.now + 5ms;
  world.tick();
  CHECK(find_track(world.state, id)->share == Approx(100));
  CHECK(world.last.derived.targets_cpu->value() == Approx(100));
}

TEST_CASE("no rate is taken over a gap") {
  World world;
  world.swap_out = 38e6;
  world.tick();
  world.pass(1s);
  world.tick();
  world.pass(8h);
  world.tick();
  CHECK_FALSE(world.last.derived.swap_out_rate);
  CHECK_FALSE(world.last.derived.targets_cpu);
}

TEST_CASE("the demand of a backgrounded target is what it takes and what it waits for") {
  World world;
  const auto id = world.add_target(10, "mds", 1.5, TargetMode::background);
  world.make_busy();
  world.run(10s);
  REQUIRE(world.holds(id, ActionKind::background));
  world.run(10s);
  CHECK(world.last.derived.targets_cpu->value() == Approx(3).margin(0.5));  // what it really takes
  CHECK(demand_of(world.state, id) == Approx(150).margin(1));
  CHECK(world.state.rates.targets_demand == Approx(150).margin(1));
  world.targets.at(10).appetite = 0.1;
  world.run(3s);
  CHECK(demand_of(world.state, id) == Approx(10).margin(1));
}

TEST_CASE("where waiting is not counted the demand is what the target took before") {
  World world;
  const auto id = world.add_target(10, "mds", 1.5, TargetMode::background);
  world.targets.at(10).counts_wait = false;
  world.make_busy();
  world.run(20s);
  REQUIRE(world.holds(id, ActionKind::background));
  CHECK(demand_of(world.state, id) == Approx(150).margin(1));
}

TEST_CASE("where waiting is not counted a target that sleeps, and takes nothing, is released") {
  World world;
  const auto id = world.add_target(10, "mds", 1.5, TargetMode::background);
  world.targets.at(10).counts_wait = false;
  world.make_busy();
  world.run(20s);
  REQUIRE(world.holds(id, ActionKind::background));
  world.targets.at(10).appetite = 0;
  world.run(60s);
  CHECK(world.holds(id, ActionKind::background));
  world.process(id).state = RunState::sleeping;
  world.run(35s);
  CHECK_FALSE(world.holds(id, ActionKind::background));
}

TEST_CASE("the demand does not fall in the span in which the background began") {
  World world;
  world.config.rules = {rule("only", RuleNeeds::nothing, {{{detector("pressure_level", 1, 1, 0s)}}},
                             {LadderStep::background})};
  const auto id = world.add_target(10, "mds", 1, TargetMode::background);
  world.start_llm(1);
  world.tick();
  world.pass(1s);
  world.tick();
  world.pass(500ms);
  world.set_level(PressureLevel::warning);
  world.tick();
  world.pass(500ms);
  world.tick();
  REQUIRE(world.holds(id, ActionKind::background));
  REQUIRE(find_track(world.state, id)->share == Approx(51));  // half of it before the hold
  CHECK(demand_of(world.state, id) == Approx(100));
}

TEST_CASE("the demand of a suspended target is what it wanted before") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 0.8);
  world.make_busy();
  world.set_level(PressureLevel::critical);
  world.run(30s);
  REQUIRE(world.holds(id, ActionKind::suspend));
  CHECK(demand_of(world.state, id) == Approx(80).margin(2));
}

TEST_CASE("tracks of processes that ended are dropped") {
  World world;
  for (int pid = 10; pid < 40; ++pid) world.add_target(pid, "mdworker", 0);
  world.tick();
  CHECK(world.state.tracks.size() == 30);
  world.targets.clear();
  world.pass(1s);
  world.tick();
  CHECK(world.state.tracks.empty());
}

TEST_CASE("the share of time that tasks waited for memory is of the time since the last sample") {
  World world;
  world.base.pressure->some_total = Duration{};
  world.base.pressure->full_total = Duration{};
  world.tick();
  CHECK_FALSE(world.state.rates.some_stall);
  world.pass(10s);
  world.base.pressure->some_total = 2s;
  world.base.pressure->full_total = 500ms;
  world.tick();
  CHECK(*world.state.rates.some_stall == Approx(20));
  CHECK(*world.state.rates.full_stall == Approx(5));
}

TEST_CASE("what a pressure event of the kernel proves counts at once, however long ago the last sample was") {
  World world;
  world.base.pressure->some_total = Duration{};
  world.config.rules = {rule("stall", RuleNeeds::nothing, {{{detector("stall_some_percent", 10, 5, 0s)}}},
                             {LadderStep::suspend})};
  const auto photo = world.add_target(600, "photoanalysisd", 0.5);
  world.run(30s);
  world.pass(9s);
  world.base.pressure->some_total = 60ms;  // of these nine seconds: far below the limit
  world.base.some_stall = Percent{10};
  world.tick();
  world.base.some_stall.reset();
  REQUIRE(world.actions.size() == 1);
  CHECK(world.actions.front().second.process == photo);
  // Measured again over a second of its own, it is gone.
  world.pass(1s);
  world.tick();
  CHECK(*world.state.rates.some_stall == Approx(0));
}
