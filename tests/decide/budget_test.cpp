#include "decide/budget.h"

#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

namespace {

OwnCostReading modest() {
  OwnCostReading own;
  own.cpu = Percent{0.3};
  own.loop_cpu = Percent{0.2};
  own.memory = Bytes{9 << 20};
  own.open_files = 20;
  own.wakeups_per_s = 2.0;
  own.lateness = 5ms;
  return own;
}

/// A minute with this reading at its start.
void minute(World& world, const OwnCostReading& own) {
  world.base.own = own;
  world.tick();
  world.base.own.reset();
  world.run(1min);
}

struct Excess {
  const char* what;
  void (*make)(OwnCostReading&);
  const char* text;
};

constexpr Excess kExcesses[] = {
    {"cpu", [](OwnCostReading& own) { own.cpu = Percent{2.5}; }, "CPU 2.5 % of a core, 1 % allowed"},
    {"memory", [](OwnCostReading& own) { own.memory = Bytes{48 << 20}; }, "memory 48 MiB, 32 MiB allowed"},
    {"open_files", [](OwnCostReading& own) { own.open_files = 401; }, "401 open files, 400 allowed"},
    {"wakeups", [](OwnCostReading& own) { own.wakeups_per_s = 80.0; },
     "80 wake-ups a second, 50 allowed"},
    {"lateness", [](OwnCostReading& own) { own.lateness = 2s; }, "a tick 2 s late, 1 s allowed"},
};

}  // namespace

TEST_CASE("within its budget the daemon says nothing of itself") {
  World world;
  for (int i = 0; i < 10; ++i) minute(world, modest());
  CHECK(world.count(EventKind::over_budget) == 0);
  CHECK(world.state.budget.over.empty());
}

TEST_CASE("what is beyond the budget is one warning, and one word when it is over") {
  for (const Excess& excess : kExcesses) {
    INFO(excess.what);
    World world;
    OwnCostReading own = modest();
    excess.make(own);
    for (int i = 0; i < 5; ++i) minute(world, own);
    CHECK(world.count(EventKind::over_budget) == 1);
    CHECK(world.said(EventKind::over_budget).find(excess.text) != std::string::npos);
    CHECK(world.state.budget.over.count(excess.what) == 1);
    for (int i = 0; i < 5; ++i) minute(world, modest());
    CHECK(world.count(EventKind::over_budget) == 2);
    CHECK(world.state.budget.over.empty());
    minute(world, own);
    CHECK(world.count(EventKind::over_budget) == 3);
  }
}

TEST_CASE("an own cost that is not known is not beyond the budget") {
  World world;
  minute(world, OwnCostReading{});
  CHECK(world.state.budget == BudgetState{});
}

TEST_CASE("a loop beyond its budget looks half as often each minute, down to an eighth") {
  World world;
  world.make_busy();
  OwnCostReading own = modest();
  own.cpu = own.loop_cpu = Percent{3};
  for (const auto period : {2s, 4s, 8s, 8s}) {
    minute(world, own);
    CHECK(world.last.period == period);
  }
  CHECK(world.count(EventKind::over_budget) == 1);
  CHECK(world.said(EventKind::over_budget).find("it looks every 2 s") != std::string::npos);
}

TEST_CASE("it looks as often as before when there is room for it") {
  World world;
  world.make_busy();
  OwnCostReading own = modest();
  own.cpu = own.loop_cpu = Percent{1.5};
  minute(world, own);
  CHECK(world.last.period == 2s);
  // Half as many ticks take half: within the budget, but twice as many would not be.
  own.cpu = own.loop_cpu = Percent{0.75};
  for (int i = 0; i < 5; ++i) minute(world, own);
  CHECK(world.last.period == 2s);
  CHECK(world.count(EventKind::over_budget) == 1);
  minute(world, modest());
  CHECK(world.last.period == 1s);
  CHECK(world.said(EventKind::over_budget) == "m1optd keeps its budget again");
}

TEST_CASE("a flood of requests cannot slow the watch down") {
  World world;
  world.make_busy();
  OwnCostReading own = modest();
  own.cpu = Percent{90};
  own.wakeups_per_s = 20'000.0;
  for (int i = 0; i < 4; ++i) minute(world, own);
  CHECK(world.last.period == 1s);
}

TEST_CASE("looking less often never means looking less often than when idle") {
  World world;
  world.config.sampling.idle_period = 3s;
  world.make_busy();
  OwnCostReading own = modest();
  own.loop_cpu = Percent{3};
  for (int i = 0; i < 4; ++i) minute(world, own);
  CHECK(world.last.period == 3s);
}

TEST_CASE("a hold ends at its deadline however seldom the daemon looks") {
  World world;
  world.make_busy();
  const ProcessId id = world.add_target(20, "photoanalysisd", 0.5);
  OwnCostReading own = modest();
  own.loop_cpu = Percent{3};
  for (int i = 0; i < 4; ++i) minute(world, own);
  world.command(SuspendCommand{"photoanalysisd", {}, 13s});
  world.tick();
  const Instant asked = world.now;
  while (world.process(id).state != RunState::running || world.holds(id, ActionKind::suspend)) {
    world.pass(world.last.period);
    world.tick();
    REQUIRE(world.now - asked <= 15s);
  }
  CHECK(world.now - asked >= 13s);
}
