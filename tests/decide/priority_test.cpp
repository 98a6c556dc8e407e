#include "decide/priority.h"

#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

namespace {

const WorkloadMember& member(const World& world, ProcessId id) {
  const auto& processes = world.last.workloads.front().processes;
  return *std::find_if(processes.begin(), processes.end(),
                       [&](const WorkloadMember& entry) { return entry.id == id; });
}

}  // namespace

TEST_CASE("all members of a busy workload are raised in one tick") {
  World world;
  world.start_llm(1);
  while (world.actions.empty()) {
    world.tick();
    world.pass(1s);
  }
  REQUIRE(world.actions.size() == 2);
  CHECK(world.actions[0].second.kind == ActionKind::raise);
  CHECK(world.actions[0].second.nice == -10);
  CHECK(world.actions[0].second.deadline == world.actions[0].first + 1h);
  world.run(60s);
  CHECK(world.count(ActionVerb::begin, ActionKind::raise) == 2);
  CHECK(member(world, kRunner).raised);
  CHECK(member(world, kServer).raised);
}

TEST_CASE("the share on performance cores is of the time that was taken, and unknown without any") {
  World world;
  world.start_llm(1);
  world.tick();
  CHECK_FALSE(member(world, kRunner).performance_core_share);
  const auto pass_on = [&](Duration performance, double appetite) {
    world.llm_appetite = appetite;
    auto& process = world.llm.processes.back().process;
    process.performance_cpu_time = process.performance_cpu_time.value_or(0s) + performance;
    world.pass(1s);
    world.tick();
  };
  pass_on(0s, 1);  // the first reading of it: nothing to compare with
  CHECK_FALSE(member(world, kRunner).performance_core_share);
  pass_on(250ms, 1);
  REQUIRE(member(world, kRunner).performance_core_share);
  CHECK(member(world, kRunner).performance_core_share->value() == Approx(25));
  pass_on(0s, 1);
  CHECK(member(world, kRunner).performance_core_share->value() == Approx(0));
  pass_on(0s, 0);
  CHECK_FALSE(member(world, kRunner).performance_core_share);
}

TEST_CASE("background and App Nap of a member are shown as they were read") {
  World world;
  world.start_llm(1);
  world.tick();
  CHECK_FALSE(member(world, kRunner).background);
  CHECK_FALSE(member(world, kRunner).app_nap);
  world.llm.processes.back().process.background = true;
  world.llm.processes.back().process.app_nap = true;
  world.tick();
  CHECK(member(world, kRunner).background);
  CHECK(member(world, kRunner).app_nap == true);
}

TEST_CASE("a resident workload is not raised") {
  World world;
  world.start_llm(0);
  world.run(10min);
  CHECK(world.actions.empty());
  CHECK(member(world, kRunner).not_raised == "ollama is not busy");
}

TEST_CASE("a busy server without a runner is not raised unless it is leased") {
  World world;
  world.start_llm(1);
  world.llm.processes.back().runner = false;
  world.run(20s);
  CHECK(world.actions.empty());
  world.llm.leased = true;
  world.run(2s);
  CHECK(world.count(ActionVerb::begin, ActionKind::raise) == 2);
}

TEST_CASE("a member that may not be raised is left alone and says why") {
  World world;
  world.start_llm(1);
  world.llm.processes.back().may_raise = false;
  world.llm.processes.back().why_not = "its owner is a stranger";
  world.run(20s);
  CHECK_FALSE(world.holds(kRunner, ActionKind::raise));
  CHECK(member(world, kRunner).not_raised == "its owner is a stranger");
}

TEST_CASE("priority off in the config raises nothing and takes back what is raised") {
  World world;
  world.make_busy();
  REQUIRE(world.holds(kRunner, ActionKind::raise));
  world.config.priority.enabled = false;
  world.run(2s);
  CHECK_FALSE(world.holds(kRunner, ActionKind::raise));
  world.forget_log();
  world.run(60s);
  CHECK(world.actions.empty());
}

TEST_CASE("a raise is taken back when the workload has not been busy for 120 s") {
  World world;
  world.make_busy();
  world.llm_appetite = 0;
  world.run(120s);
  CHECK(world.holds(kRunner, ActionKind::raise));
  world.run(20s);
  CHECK_FALSE(world.holds(kRunner, ActionKind::raise));
  CHECK(world.said(EventKind::action_undone).find("has not been busy for") != std::string::npos);
}

TEST_CASE("a child born into a raise is taken in by it, not raised on its own") {
  World world;
  world.make_busy();
  world.forget_log();
  WorkloadProcess child = world.llm.processes.back();
  child.process.id = {502, 5020};
  child.process.parent = 501;
  child.process.nice = -10;
  world.llm.processes.insert(world.llm.processes.begin(), child);
  world.run(5s);
  CHECK(world.count(ActionVerb::begin, ActionKind::raise) == 0);
  CHECK(world.count(ActionVerb::extend, ActionKind::raise) == 1);
  CHECK(find_hold(world.state, kRunner, ActionKind::raise)->family ==
        std::vector<ProcessId>{{502, 5020}});
  CHECK(member(world, {502, 5020}).raised);
}

TEST_CASE("a new member that inherited nothing gets a raise of its own") {
  World world;
  world.make_busy();
  WorkloadProcess other = world.llm.processes.front();
  other.process.id = {600, 6000};
  other.process.parent = 500;
  other.process.nice = 0;
  world.llm.processes.insert(world.llm.processes.begin(), other);
  world.run(5s);
  CHECK(world.holds({600, 6000}, ActionKind::raise));
}

TEST_CASE("a process whose own nice value is lower already is not raised") {
  World world;
  world.start_llm(1);
  world.llm.processes.back().process.nice = -15;
  world.run(20s);
  CHECK_FALSE(world.holds(kRunner, ActionKind::raise));
  CHECK(member(world, kRunner).not_raised == "its nice value is -15 already");
}

TEST_CASE("a raise that somebody resets is done again three times and then left") {
  World world;
  world.make_busy();
  world.forget_log();
  for (int i = 0; i < 10; ++i) {
    world.llm.processes.back().process.nice = 0;
    world.run(20s);
  }
  CHECK(world.count(ActionVerb::begin, ActionKind::raise) == 3);
  CHECK_FALSE(world.holds(kRunner, ActionKind::raise));
  CHECK(member(world, kRunner).not_raised.find("somebody else keeps resetting") == 0);
}

TEST_CASE("an account without the right backs off and is reported once") {
  World world;
  world.answer = [](const Action& action) {
    return action.verb == ActionVerb::begin ? OutcomeCode::not_reversible : OutcomeCode::undone;
  };
  world.make_busy();
  world.run(50s);
  CHECK(world.count(ActionVerb::begin, ActionKind::raise) == 2);
  CHECK(world.count(EventKind::action_failed) == 1);
  world.run(20min);
  CHECK(world.count(ActionVerb::begin, ActionKind::raise) <= 12);
}
