// Ticks that come late: by 30 s on a machine that is busy, by 8 h on one that slept.
#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

namespace {

/// A busy machine with one hold of each kind: a suspension of 60 s, a background, two raises.
struct Held {
  World world;
  ProcessId suspended;
  ProcessId backgrounded;

  Held() {
    // A rule that holds as long as anything runs, so that only time and what it brings end a hold.
    world.config.rules = {rule("always", RuleNeeds::nothing,
                               {{{detector("memory_used_percent", 1, 0, 0s)}}}, {LadderStep::background})};
    world.config.limits.quiet = 24h * 7;
    backgrounded = world.add_target(21, "mds", 0.5, TargetMode::background);
    world.make_busy();
    suspended = world.add_target(20, "photoanalysisd", 0.5);
    world.command(SuspendCommand{"photoanalysisd", {}, 60s});
    world.run(10s);
    REQUIRE(world.holds(suspended, ActionKind::suspend));
    REQUIRE(world.holds(backgrounded, ActionKind::background));
    REQUIRE(world.holds(kRunner, ActionKind::raise));
    world.forget_log();
  }
  /// The tick after `d` in which nobody looked.
  const Decision& wake_after(Duration d) {
    world.now = world.now + d;
    return world.tick();
  }
  [[nodiscard]] bool ends(ProcessId id) const {
    return std::any_of(world.last.actions.begin(), world.last.actions.end(), [&](const Action& action) {
      return action.verb == ActionVerb::end && action.process == id;
    });
  }
  [[nodiscard]] int begun() const {
    return static_cast<int>(std::count_if(
        world.last.actions.begin(), world.last.actions.end(),
        [](const Action& action) { return action.verb != ActionVerb::end; }));
  }
};

}  // namespace

TEST_CASE("whatever time passes unseen, the first tick ends all that is past its deadline and begins nothing") {
  for (const Duration gap : {Duration(30s), Duration(5min), Duration(59min), Duration(8h), Duration(24h * 30)}) {
    INFO(seconds_of(gap));
    Held held;
    std::vector<Hold> before = held.world.state.holds;
    held.wake_after(gap);
    CHECK(held.begun() == 0);
    for (const Hold& hold : before) {
      INFO(hold.target);
      if (hold.deadline <= held.world.now) CHECK(held.ends(hold.process));
    }
  }
}

TEST_CASE("a tick that is 30 s late keeps what is not over") {
  Held held;
  held.wake_after(30s);
  CHECK_FALSE(held.ends(held.suspended));
  CHECK_FALSE(held.ends(held.backgrounded));
  held.wake_after(30s);
  CHECK(held.ends(held.suspended));
}

struct Morning {
  const char* what;
  void (*change)(Held& held);
};

TEST_CASE("after a sleep every hold is looked at anew: who, by which program, with what right, in what state") {
  for (const Morning& morning : {
           Morning{"the number belongs to another",
                   [](Held& h) { ++h.world.process(h.suspended).id.start; }},
           Morning{"it is gone", [](Held& h) { h.world.targets.erase(h.suspended.pid); }},
           Morning{"it runs another program",
                   [](Held& h) { h.world.process(h.suspended).executable = "/usr/bin/ssh"; }},
           Morning{"it may no longer be held",
                   [](Held& h) {
                     h.world.base.refused.push_back({"photoanalysisd", h.suspended, "x", "protected"});
                   }},
           Morning{"it belongs to the workload by now",
                   [](Held& h) {
                     h.world.llm.processes.push_back({h.world.process(h.suspended), false, true, {}});
                   }},
           Morning{"somebody else continued it",
                   [](Held& h) { h.world.process(h.suspended).state = RunState::running; }},
           Morning{"it has ended",
                   [](Held& h) { h.world.process(h.suspended).state = RunState::zombie; }},
           Morning{"m1opt is paused",
                   [](Held& h) {
                     h.world.state.pause = {true, std::nullopt, 0};
                   }},
       }) {
    INFO(morning.what);
    Held held;
    morning.change(held);
    held.wake_after(40s);
    CHECK(held.ends(held.suspended));
    CHECK(held.begun() == 0);
  }
}

TEST_CASE("a pause and a lease that a sleep has ended are over at the first tick") {
  Held held;
  held.world.command(PauseCommand{30min, false});
  held.world.command(LeaseBeginCommand{kRunner, "run:501"});
  held.world.tick();
  REQUIRE(held.world.state.pause.active);
  REQUIRE(held.world.state.leases.size() == 1);
  held.world.llm.processes.clear();
  held.wake_after(8h);
  CHECK_FALSE(held.world.state.pause.active);
  held.world.run(3s);
  CHECK(held.world.state.leases.empty());
}

OutcomeCode stop_is_on_its_way(const Action& action) {
  const bool stop = action.verb == ActionVerb::begin && action.kind == ActionKind::suspend;
  return stop ? OutcomeCode::partial : action.verb == ActionVerb::end ? OutcomeCode::undone : OutcomeCode::applied;
}

TEST_CASE("a stop that is still on its way is no continue by somebody else") {
  World world;
  world.make_busy();
  world.answer = stop_is_on_its_way;
  const ProcessId id = world.add_target(20, "photoanalysisd", 0.5);
  const Instant asked = world.now;
  world.distort = [&](Sample& sample) {
    if (world.now - asked > 3s) return;
    for (auto& target : sample.targets) target.process.state = RunState::running;
  };
  world.command(SuspendCommand{"photoanalysisd", {}, 60s});
  world.run(10s);
  CHECK(world.holds(id, ActionKind::suspend));
  world.process(id).state = RunState::running;  // now it is somebody else
  world.run(2s);
  CHECK_FALSE(world.holds(id, ActionKind::suspend));
}

TEST_CASE("a stop that never comes is given up") {
  World world;
  world.make_busy();
  world.answer = stop_is_on_its_way;
  const ProcessId id = world.add_target(20, "photoanalysisd", 0.5);
  world.distort = [](Sample& sample) {
    for (auto& target : sample.targets) target.process.state = RunState::running;
  };
  world.command(SuspendCommand{"photoanalysisd", {}, 60s});
  world.run(20s);
  CHECK(world.holds(id, ActionKind::suspend));
  world.run(13s);
  CHECK_FALSE(world.holds(id, ActionKind::suspend));
  CHECK(world.said(EventKind::action_undone).ends_with("it was not seen to stop within 30 s"));
}

TEST_CASE("counters from before a sleep make no rate") {
  World world;
  world.make_busy();
  world.swap_out = 1e3;
  world.run(10s);
  world.swap_out = 1e9;
  world.pass(8h);
  world.swap_out = 0;
  world.tick();
  CHECK_FALSE(world.last.derived.swap_out_rate);
}
