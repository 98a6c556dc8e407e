#include "decide/holds.h"
#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

TEST_CASE("background that has no effect under contention is noticed after three samples") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 2);
  world.targets.at(10).deaf = true;
  world.make_busy();
  while (!world.holds(id, ActionKind::background)) {
    world.tick();
    world.pass(1s);
  }
  world.forget_log();
  const Instant held = find_hold(world.state, id, ActionKind::background)->since;
  while (world.now - held < 60s) {
    world.tick();
    if (world.count(EventKind::action_ineffective) > 0) break;
    world.pass(1s);
  }
  CHECK(world.now - held == 3s);
  CHECK(world.said(EventKind::action_ineffective) ==
        "background does not slow photoanalysisd (pid 10): 200 % of a core, 200 % before");
  CHECK_FALSE(find_hold(world.state, id, ActionKind::background)->effective);
  world.run(5s);
  CHECK(world.holds(id, ActionKind::suspend));
  CHECK(world.count(EventKind::action_ineffective) == 1);
}

TEST_CASE("without contention nothing is said about the effect") {
  World world;
  world.cores = 16;
  const auto id = world.add_target(10, "photoanalysisd", 2);
  world.targets.at(10).deaf = true;
  world.make_busy();
  world.run(60s);
  CHECK(world.holds(id, ActionKind::background));
  CHECK(find_hold(world.state, id, ActionKind::background)->effective);
  CHECK(world.count(ActionVerb::begin, ActionKind::suspend) == 0);
}

TEST_CASE("a share just below half is an effect") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 1);
  world.targets.at(10).deaf = true;
  world.cpu_share = 1;
  world.make_busy();
  while (!world.holds(id, ActionKind::background)) {
    world.tick();
    world.pass(1s);
  }
  world.targets.at(10).appetite = 0.49;
  world.run(30s);
  CHECK(find_hold(world.state, id, ActionKind::background)->effective);
}
