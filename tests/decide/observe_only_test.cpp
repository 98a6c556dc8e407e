#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

namespace {

/// A machine on which every rule, the priority and a tier have reason to act.
World observed() {
  World world;
  world.config.observe_only = true;
  world.config.priority.throughput_tier = 0;
  world.config.awake.on_battery = true;
  world.set_level(PressureLevel::critical);
  world.set_used(95);
  world.base.thermal->level = 3;
  world.start_llm(1);
  world.add_target(20, "photoanalysisd", 1);
  return world;
}

}  // namespace

TEST_CASE("told to observe only, no rule, priority, tier or staying awake acts, and rules still judge") {
  World world = observed();
  int requests = 0;
  bool awake = false;
  for (int i = 0; i < 600; ++i) {
    world.run(1s);
    requests += static_cast<int>(world.last.tier_requests.size());
    awake = awake || world.last.awake.wanted;
  }
  CHECK(world.actions.empty());
  CHECK(requests == 0);
  CHECK_FALSE(awake);
  CHECK(world.last.awake.text == "m1opt only observes: observe_only is set in the config");
  CHECK(world.last.mode == Mode::observing);
  CHECK(world.count(EventKind::rule_tripped) > 0);
  CHECK(world.why({20, 200}) == "m1opt only observes: observe_only is set in the config");
  for (const auto& workload : world.last.workloads) {
    CHECK(workload.state == WorkloadState::busy);
    for (const auto& member : workload.processes) CHECK_FALSE(member.raised);
  }
}

TEST_CASE("the same machine without it is acted on in every way") {
  World world = observed();
  world.config.observe_only = false;
  std::size_t requests = 0;
  for (int i = 0; i < 60; ++i) {
    world.run(1s);
    requests += world.last.tier_requests.size();
  }
  CHECK(requests > 0);
  CHECK(world.last.awake.wanted);
  const auto began = [&](ActionKind kind) {
    return std::any_of(world.actions.begin(), world.actions.end(), [&](const auto& entry) {
      return entry.second.verb == ActionVerb::begin && entry.second.kind == kind;
    });
  };
  CHECK(began(ActionKind::background));
  CHECK(began(ActionKind::suspend));
  CHECK(began(ActionKind::raise));
}

TEST_CASE("a user's suspension is refused with the reason while m1opt is told to observe only") {
  World world = observed();
  world.command(SuspendCommand{"photoanalysisd", {}, 60s});
  world.tick();
  const auto reply = reply_of(world);
  CHECK(reply.code == ReplyCode::conflict);
  CHECK(reply.text == "m1opt only observes: observe_only is set in the config");
  CHECK(world.actions.empty());
}

TEST_CASE("what is held when m1opt is told to observe only is undone") {
  World world = observed();
  world.config.observe_only = false;
  world.run(30s);
  REQUIRE_FALSE(world.state.holds.empty());
  world.config.observe_only = true;
  world.run(3s);
  CHECK(world.state.holds.empty());
}
