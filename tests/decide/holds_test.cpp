#include "decide/holds.h"

#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

namespace {

/// One photoanalysisd, suspended because of a critical level.
struct Suspended {
  World world;
  ProcessId id = world.add_target(10, "photoanalysisd", 1);

  Suspended() {
    world.make_busy();
    world.set_level(PressureLevel::critical);
    world.run(20s);
    REQUIRE(world.holds(id, ActionKind::suspend));
    world.forget_log();
  }
};

}  // namespace

TEST_CASE("holds end when the rule clears, suspended ones first, and a cooldown follows") {
  Suspended test;
  auto& world = test.world;
  world.targets.at(10).appetite = 0;  // no contention once it runs
  find_hold(world.state, test.id, ActionKind::suspend)->demand_before = 0;
  find_hold(world.state, test.id, ActionKind::background)->demand_before = 0;
  world.set_level(PressureLevel::normal);
  world.run(29s);
  CHECK(world.count(ActionVerb::end, ActionKind::suspend) == 0);
  world.run(35s);
  REQUIRE(world.count(ActionVerb::end, ActionKind::suspend) == 1);
  CHECK_FALSE(world.holds(test.id, ActionKind::suspend));
  CHECK_FALSE(world.holds(test.id, ActionKind::background));
  REQUIRE(world.actions.size() >= 2);
  CHECK(world.actions[0].second.kind == ActionKind::suspend);
  CHECK(world.actions[1].second.kind == ActionKind::background);
  CHECK(std::any_of(world.reasons.begin(), world.reasons.end(), [](const Reason& reason) {
    return reason.text.find("memory_critical cleared: memory pressure normal") != std::string::npos;
  }));

  const Instant ended = world.actions[1].first;
  world.set_level(PressureLevel::critical);
  world.run(ended + 59s - world.now);
  CHECK(world.begins() == 0);
  CHECK(world.why(test.id).starts_with("cooldown, "));
  world.run(5s);
  CHECK(world.begins() >= 1);
}

TEST_CASE("a hold that another rule wants too goes over to it") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 0.01);
  world.make_busy();
  world.set_level(PressureLevel::critical);
  world.run(20s);
  REQUIRE(world.holds(id, ActionKind::suspend));
  find_hold(world.state, id, ActionKind::background)->rule = "memory_critical";
  world.set_level(PressureLevel::warning);
  world.run(60s);
  // Critical has cleared: nothing wants the suspension, but warning wants the background.
  CHECK_FALSE(world.holds(id, ActionKind::suspend));
  REQUIRE(world.holds(id, ActionKind::background));
  CHECK(world.count(ActionVerb::end, ActionKind::background) == 0);
  CHECK(find_hold(world.state, id, ActionKind::background)->rule == "memory_warning");
}

TEST_CASE("a suspension ends at its deadline and a breather of a fifth of the time follows") {
  Suspended test;
  auto& world = test.world;
  const Instant began = find_hold(world.state, test.id, ActionKind::suspend)->since;
  world.run(began + 600s - world.now);
  CHECK(world.count(ActionVerb::end, ActionKind::suspend) == 0);
  world.run(2s);
  REQUIRE(world.count(ActionVerb::end, ActionKind::suspend) == 1);
  const Instant ended = world.actions.back().first;
  CHECK(ended - began == 600s);
  CHECK(world.said(EventKind::action_undone) ==
        "photoanalysisd (pid 10) runs again, after 10 min: its time is over");
  world.run(ended + 149s - world.now);
  CHECK(world.count(ActionVerb::begin, ActionKind::suspend) == 0);
  CHECK(world.why(test.id).find("it was suspended and may run now") != std::string::npos);
  CHECK(world.holds(test.id, ActionKind::background));  // it need not run at full speed
  world.run(5s);
  CHECK(world.count(ActionVerb::begin, ActionKind::suspend) == 1);
}

TEST_CASE("a row's own limit is shorter: a minute, and a minute of rest") {
  World world;
  const auto id = world.add_target(10, "mdworker", 1);
  world.make_busy();
  world.set_level(PressureLevel::critical);
  world.run(10min);
  Instant begin{};
  Instant end{};
  int checked = 0;
  for (const auto& [at, action] : world.actions) {
    if (action.kind != ActionKind::suspend) continue;
    if (action.verb == ActionVerb::begin) {
      CHECK(action.deadline - at == 60s);
      if (end != Instant{}) CHECK(at - end >= 60s);
      begin = at;
    } else {
      CHECK(at - begin == 60s);
      end = at;
      ++checked;
    }
  }
  CHECK(checked >= 4);
  CHECK(world.why(id) != "");
}

TEST_CASE("two suspended workers that vanish make their row background-only") {
  World world;
  world.config.rules.front().any.front().all.front().hold = 0s;
  world.make_busy();
  world.set_level(PressureLevel::critical);
  for (const int pid : {10, 11}) {
    const auto id = world.add_target(pid, "mdworker", 1);
    world.run(20s);
    REQUIRE(world.holds(id, ActionKind::suspend));
    world.targets.erase(pid);
    world.run(2s);
    CHECK(world.state.holds.size() == 2);  // the raises: its record was closed as gone
  }
  CHECK(world.said(EventKind::target_refused) ==
        "2 suspended processes of mdworker vanished: from now on background only");
  const auto third = world.add_target(12, "mdworker", 1);
  world.run(2min);
  CHECK_FALSE(world.holds(third, ActionKind::suspend));
  CHECK(world.holds(third, ActionKind::background));
}

TEST_CASE("a target that somebody else continues is left alone for 30 minutes") {
  Suspended test;
  auto& world = test.world;
  world.answer = [&](const Action& action) {
    if (action.verb != ActionVerb::end) return OutcomeCode::applied;
    return action.kind == ActionKind::suspend ? OutcomeCode::changed : OutcomeCode::undone;
  };
  world.process(test.id).state = RunState::running;
  const Instant seen = world.now;
  world.run(2s);
  CHECK(world.count(ActionVerb::end, ActionKind::suspend) == 1);
  CHECK_FALSE(world.holds(test.id, ActionKind::suspend));
  CHECK(world.process(test.id).state == RunState::running);
  world.run(seen + 29min - world.now);
  CHECK(world.begins() == 0);
  world.run(5min);
  CHECK(world.count(ActionVerb::begin, ActionKind::suspend) == 1);
}

TEST_CASE("a held target that is no longer in the sample is undone at once") {
  Suspended test;
  test.world.targets.at(10).sample.target = "mediaanalysisd";  // another row matches it now
  test.world.tick();
  CHECK(test.world.count(ActionVerb::end, ActionKind::suspend) == 1);
  CHECK(test.world.count(ActionVerb::end, ActionKind::background) == 1);
}

TEST_CASE("a held target that becomes protected is undone at once") {
  Suspended test;
  test.world.base.refused.push_back({"photoanalysisd", test.id, "photoanalysisd", "protected"});
  test.world.tick();
  CHECK(test.world.count(ActionVerb::end, ActionKind::suspend) == 1);
}

TEST_CASE("a held target that runs another program is undone at once") {
  Suspended test;
  test.world.process(test.id).executable = "/bin/login";
  test.world.tick();
  CHECK(test.world.count(ActionVerb::end, ActionKind::suspend) == 1);
}

TEST_CASE("everything is undone when no workload has been busy for 120 s") {
  Suspended test;
  auto& world = test.world;
  world.set_level(PressureLevel::normal);
  world.llm_appetite = 0;
  world.run(100s);
  CHECK(world.holds(test.id, ActionKind::background));  // contention still holds it
  world.run(45s);
  CHECK(world.state.holds.empty());
  CHECK(world.last.period == 10s);
}

TEST_CASE("an end that fails is asked for again until it is done, and reported once") {
  Suspended test;
  auto& world = test.world;
  bool broken = true;
  world.answer = [&](const Action& action) {
    if (action.verb == ActionVerb::end) {
      return broken ? OutcomeCode::failed : OutcomeCode::undone;
    }
    return OutcomeCode::applied;
  };
  world.command(ResumeCommand{true, {}, {}});
  world.run(10s);
  CHECK(world.count(ActionVerb::end, ActionKind::suspend) > 5);
  CHECK(world.count(EventKind::action_failed) == 2);  // suspend and background
  CHECK(world.holds(test.id, ActionKind::suspend));
  broken = false;
  world.run(2s);
  CHECK_FALSE(world.holds(test.id, ActionKind::suspend));
}

TEST_CASE("an end or extension that fails is asked for once a second, however often the loop looks") {
  Suspended test;
  auto& world = test.world;
  const auto count = [&](ActionVerb verb, ActionKind kind, auto&& for_how_long) {
    world.forget_log();
    const Instant end = world.now + for_how_long;
    while (world.now < end) {
      world.tick();
      world.pass(20ms);  // as the loop waits after any action
    }
    return world.count(verb, kind);
  };
  world.answer = [&](const Action& action) {
    return action.verb == ActionVerb::begin ? OutcomeCode::applied : OutcomeCode::failed;
  };
  find_hold(world.state, test.id, ActionKind::background)->deadline = world.now + 10s;
  CHECK(count(ActionVerb::extend, ActionKind::background, 5s) <= 6);
  world.command(ResumeCommand{true, {}, {}});
  CHECK(count(ActionVerb::end, ActionKind::suspend, 5s) <= 6);
  world.answer = [](const Action&) { return OutcomeCode::undone; };
  CHECK(count(ActionVerb::end, ActionKind::suspend, 1100ms) == 1);
  CHECK_FALSE(world.holds(test.id, ActionKind::suspend));
}

TEST_CASE("what the guardian undid is no hold any more") {
  Suspended test;
  auto& world = test.world;
  for (const auto& hold : world.state.holds) {
    Outcome outcome;
    outcome.verb = ActionVerb::end;
    outcome.kind = hold.kind;
    outcome.process = hold.process;
    outcome.record = hold.record;
    outcome.code = OutcomeCode::undone;
    world.add_outcome(outcome);
  }
  world.process(test.id).state = RunState::running;
  world.process(test.id).background = false;
  world.tick();
  CHECK(world.state.holds.empty());
}

TEST_CASE("a begin without an outcome backs off instead of being asked for each tick") {
  World world;
  world.make_busy();
  world.add_target(10, "mds", 1, TargetMode::background);
  int asked = 0;
  for (int i = 0; i < 30; ++i) {
    Sample sample = world.base;
    sample.workloads.push_back(world.llm);
    sample.targets.push_back(world.targets.at(10).sample);
    world.pass(1s);
    world.last = step(world.state, sample, world.config, world.now);
    world.state = world.last.next;
    for (const auto& action : world.last.actions) {
      asked += action.verb == ActionVerb::begin && action.kind == ActionKind::background;
    }
  }
  CHECK(asked == 1);
}

TEST_CASE("new threads of a held process are brought in once") {
  World world;
  const auto id = world.add_target(10, "mds", 1, TargetMode::background);
  world.make_busy();
  world.run(10s);
  REQUIRE(world.holds(id, ActionKind::background));
  world.forget_log();
  world.process(id).threads = 17;
  world.run(10s);
  CHECK(world.count(ActionVerb::extend, ActionKind::background) == 1);
  const Action* action = last_action(world, ActionVerb::extend, ActionKind::background);
  CHECK(action->record == find_hold(world.state, id, ActionKind::background)->record);
}

TEST_CASE("a child born into a background hold belongs to it") {
  World world;
  const auto parent = world.add_target(10, "mds", 1, TargetMode::background);
  world.make_busy();
  world.run(10s);
  world.forget_log();
  const auto child = world.add_target(11, "mds", 1, TargetMode::background);
  world.process(child).parent = 10;
  world.process(child).background = true;
  world.run(10s);
  CHECK(world.count(ActionVerb::begin, ActionKind::background) == 0);
  CHECK(world.count(ActionVerb::extend, ActionKind::background) == 1);
  CHECK(find_hold(world.state, parent, ActionKind::background)->family ==
        std::vector<ProcessId>{child});
  CHECK(world.why(child).starts_with("in the background: "));
}

TEST_CASE("a child born into a hold belongs to it even when every look comes late") {
  World world;
  const auto parent = world.add_target(10, "mds", 1, TargetMode::background);
  world.make_busy();
  world.run(10s);
  world.forget_log();
  const auto child = world.add_target(11, "mds", 1, TargetMode::background);
  world.process(child).parent = 10;
  world.process(child).background = true;
  for (int i = 0; i < 3; ++i) {
    world.pass(6s);
    world.tick();
  }
  CHECK(world.count(ActionVerb::begin, ActionKind::background) == 0);
  CHECK(world.count(ActionVerb::extend, ActionKind::background) == 1);
  CHECK(find_hold(world.state, parent, ActionKind::background)->family ==
        std::vector<ProcessId>{child});
}

TEST_CASE("a background is renewed at half of its time") {
  World world;
  const auto id = world.add_target(10, "mds", 1, TargetMode::background);
  world.make_busy();
  world.run(10s);
  const Instant first = find_hold(world.state, id, ActionKind::background)->deadline;
  world.forget_log();
  world.run(29min);
  CHECK(world.count(ActionVerb::extend, ActionKind::background) == 0);
  world.run(2min);
  CHECK(world.count(ActionVerb::extend, ActionKind::background) == 1);
  CHECK(find_hold(world.state, id, ActionKind::background)->deadline >= first + 30min);
  world.run(3h);
  CHECK(world.holds(id, ActionKind::background));
  CHECK(world.count(ActionVerb::end, ActionKind::background) == 0);
}

TEST_CASE("a hold is shown with its numbers") {
  Suspended test;
  auto& world = test.world;
  world.run(10s);
  const auto& holds = world.last.holds;
  const auto shown = std::find_if(holds.begin(), holds.end(), [](const HoldStatus& status) {
    return status.kind == ActionKind::suspend;
  });
  REQUIRE(shown != holds.end());
  CHECK(shown->rule == "memory_critical");
  CHECK_FALSE(shown->manual);
  CHECK(shown->observed == "as told");
  CHECK(shown->held + shown->remaining == 600s);
  CHECK(shown->since_instant == find_hold(world.state, test.id, ActionKind::suspend)->since);
}
