#include "decide/safe_mode.h"

#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

namespace {

/// A machine on which every rule has reason to act.
World pressed() {
  World world;
  world.set_level(PressureLevel::critical);
  world.set_used(95);
  world.start_llm(1);
  world.add_target(20, "photoanalysisd", 1);
  world.state.safe = {true, world.now + 10min, "it ended 3 times"};
  return world;
}

}  // namespace

TEST_CASE("in safe mode nothing is begun, whatever the readings say") {
  World world = pressed();
  world.run(9min);
  CHECK(world.actions.empty());
  CHECK(world.last.mode == Mode::safe);
  CHECK(world.last.safe_mode.active);
  CHECK(world.why({20, 200}).find("m1opt only observes") == 0);
  for (const auto& workload : world.last.workloads) {
    for (const auto& member : workload.processes) CHECK_FALSE(member.raised);
  }
}

TEST_CASE("in safe mode a user's suspension is refused with the reason") {
  World world = pressed();
  world.command(SuspendCommand{"photoanalysisd", {}, 60s});
  world.tick();
  const auto reply = reply_of(world);
  CHECK(reply.code == ReplyCode::conflict);
  CHECK(reply.text == "m1opt only observes for 10 min more: it ended 3 times");
  CHECK(world.actions.empty());
}

TEST_CASE("safe mode ends by itself, says so, and m1opt acts again") {
  World world = pressed();
  world.run(10min);
  CHECK(world.begins() == 0);
  world.run(30s);
  CHECK(world.last.mode == Mode::active);
  CHECK(world.count(EventKind::safe_mode) == 1);
  CHECK(world.begins() > 0);
}

TEST_CASE("safe mode without an end lasts") {
  World world = pressed();
  world.state.safe.until.reset();
  world.run(2h);
  CHECK(world.begins() == 0);
  world.command(UnpauseCommand{});
  world.command(ReloadCommand{});
  world.run(10s);
  CHECK(world.last.mode == Mode::safe);
}

TEST_CASE("a hold that safe mode finds is ended") {
  World world = pressed();
  world.state.safe = {};
  world.run(20s);
  REQUIRE_FALSE(world.state.holds.empty());
  world.state.safe = {true, world.now + 10min, "it ended 3 times"};
  world.run(2s);
  CHECK(world.state.holds.empty());
}
