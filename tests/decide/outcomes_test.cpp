// What came of an action, and what the policy makes of it.
#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

namespace {

Outcome outcome_of(ActionVerb verb, ActionKind kind, const ProcessId& process, RecordId record) {
  Outcome outcome;
  outcome.verb = verb;
  outcome.kind = kind;
  outcome.process = process;
  outcome.record = record;
  return outcome;
}

}  // namespace

TEST_CASE("a begin that was not undone after it failed is ended until it is") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 1);
  world.make_busy();
  Outcome outcome = outcome_of(ActionVerb::begin, ActionKind::suspend, id, 77);
  outcome.target = "photoanalysisd";
  outcome.code = GENERATE(OutcomeCode::failed, OutcomeCode::gone, OutcomeCode::changed);
  outcome.text = "read back failed";
  outcome.deadline = world.now + 600s;
  world.add_outcome(outcome);
  world.tick();
  const Action* end = last_action(world, ActionVerb::end, ActionKind::suspend);
  REQUIRE(end != nullptr);
  CHECK(end->record == 77);
}

TEST_CASE("a hold that nobody asked for is ended") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 0);
  Outcome outcome = outcome_of(ActionVerb::begin, ActionKind::suspend, id, 5);
  outcome.target = "photoanalysisd";
  outcome.deadline = world.now + 600s;
  world.add_outcome(outcome);
  world.tick();
  CHECK(last_action(world, ActionVerb::end, ActionKind::suspend) != nullptr);
}

TEST_CASE("an extension that failed and took its record with it ends the hold") {
  World world;
  const auto id = world.add_target(10, "mds", 1, TargetMode::background);
  world.make_busy();
  world.run(10s);
  Outcome outcome = outcome_of(ActionVerb::extend, ActionKind::background, id, 0);
  outcome.code = OutcomeCode::failed;
  world.add_outcome(outcome);
  world.config.rules.clear();
  world.tick();
  CHECK_FALSE(world.holds(id, ActionKind::background));
}

TEST_CASE("an extension that met another program, and whose record stays open, has its hold ended") {
  World world;
  const auto id = world.add_target(10, "mds", 1, TargetMode::background);
  world.make_busy();
  world.run(10s);
  const auto held = std::find_if(world.state.holds.begin(), world.state.holds.end(), [&](const auto& hold) {
    return hold.process == id && hold.kind == ActionKind::background;
  });
  REQUIRE(held != world.state.holds.end());
  Outcome outcome = outcome_of(ActionVerb::extend, ActionKind::background, id, held->record);
  outcome.code = GENERATE(OutcomeCode::gone, OutcomeCode::changed);
  world.add_outcome(outcome);
  world.tick();
  const Action* end = last_action(world, ActionVerb::end, ActionKind::background);
  REQUIRE(end != nullptr);
  CHECK(end->record == outcome.record);
}
