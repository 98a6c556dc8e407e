#include "decide/targets.h"

#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

namespace {

std::vector<Action> begun(const World& world) {
  std::vector<Action> list;
  for (const auto& [at, action] : world.actions) {
    if (action.verb == ActionVerb::begin && action.kind != ActionKind::raise)
      list.push_back(action);
  }
  return list;
}

World critical_world() {
  World world;
  world.make_busy();
  world.set_level(PressureLevel::critical);
  world.forget_log();
  return world;
}

/// A world with one rule, tripped at once by used memory, with this ladder.
World world_with_ladder(std::vector<LadderStep> ladder) {
  World world;
  world.config.rules = {rule("only", RuleNeeds::nothing,
                             {{{detector("memory_used_percent", 80, 75, 0s)}}}, std::move(ladder))};
  world.set_used(90);
  return world;
}

}  // namespace

TEST_CASE("a ladder of suspend alone stops in the very tick of the reading") {
  auto world = world_with_ladder({LadderStep::suspend});
  world.set_used(40);
  const auto id = world.add_target(10, "photoanalysisd", 1);
  world.run(20s);
  REQUIRE(world.actions.empty());
  world.set_used(90);
  world.tick();
  REQUIRE(begun(world).size() == 1);
  CHECK(begun(world)[0].kind == ActionKind::suspend);
  CHECK(begun(world)[0].process == id);
  CHECK(begun(world)[0].deadline == world.now + 600s);
  CHECK(begun(world)[0].reason == "only: memory used 90 % >= 80 % for 0 s");
}

TEST_CASE("report does nothing") {
  auto world = world_with_ladder({LadderStep::report});
  world.add_target(10, "photoanalysisd", 1);
  world.run(60s);
  CHECK(world.actions.empty());
  CHECK(world.count(EventKind::rule_tripped) == 1);
}

TEST_CASE("suspend follows background after post_action and not before") {
  auto world = world_with_ladder({LadderStep::background, LadderStep::suspend});
  const auto id = world.add_target(10, "photoanalysisd", 1);
  world.tick();
  CHECK(begun(world).back().kind == ActionKind::background);
  CHECK(world.why(id) == "next: background by only");
  const Instant background_at = world.now;
  while (world.now - background_at < 2900ms) {
    world.pass(100ms);
    world.tick();
  }
  CHECK(begun(world).size() == 1);
  CHECK(world.why(id).find("suspended next if that is not enough") != std::string::npos);
  world.pass(200ms);
  world.tick();
  REQUIRE(begun(world).size() == 2);
  CHECK(begun(world).back().kind == ActionKind::suspend);
}

TEST_CASE("one target begins in a tick, the hungriest first, and the next sample comes soon") {
  auto world = critical_world();
  world.add_target(10, "photoanalysisd", 0.2);
  world.add_target(11, "mediaanalysisd", 1.5);
  world.add_target(12, "tracker-miner-fs-3", 0.7);
  world.run(20s);
  const auto list = begun(world);
  REQUIRE(list.size() >= 3);
  CHECK(list[0].process.pid == 11);
  CHECK(list[1].process.pid == 12);
  CHECK(list[2].process.pid == 10);
  std::map<Instant, int> per_tick;
  for (const auto& [at, action] : world.actions) {
    if (action.verb == ActionVerb::begin) ++per_tick[at];
  }
  for (const auto& [at, count] : per_tick) CHECK(count == 1);
  CHECK(world.actions[1].first - world.actions[0].first == 250ms);
}

TEST_CASE("of equally hungry targets the larger one goes first, then the name and the pid") {
  auto world = world_with_ladder({LadderStep::background});
  world.add_target(13, "photoanalysisd", 0);
  world.add_target(12, "photoanalysisd", 0);
  world.add_target(11, "mediaanalysisd", 0);
  const auto large = world.add_target(14, "tracker-miner-fs-3", 0);
  world.process(large).footprint = Bytes{900'000'000};
  world.run(5s);
  std::vector<std::int32_t> pids;
  for (const auto& action : begun(world)) pids.push_back(action.process.pid);
  CHECK(pids == std::vector<std::int32_t>{14, 11, 12, 13});
}

TEST_CASE("a background-only target is never suspended") {
  auto world = critical_world();
  const auto id = world.add_target(10, "mds", 1, TargetMode::background);
  world.run(10min);
  CHECK(world.holds(id, ActionKind::background));
  CHECK(world.count(ActionVerb::begin, ActionKind::suspend) == 0);
  CHECK(world.why(id).find("mds may be put into the background only") != std::string::npos);
}

TEST_CASE("a row that the config made background-only is not suspended whatever the sample says") {
  auto world = world_with_ladder({LadderStep::suspend});
  const auto id = world.add_target(10, "mds", 1, TargetMode::suspend);
  world.run(60s);
  CHECK(world.actions.empty());
  CHECK(world.why(id).find("background only") != std::string::npos);
}

TEST_CASE("a target that the sample calls background-only is not suspended either") {
  auto world = world_with_ladder({LadderStep::suspend});
  const auto id = world.add_target(10, "photoanalysisd", 1, TargetMode::background);
  world.run(60s);
  CHECK(world.actions.empty());
  CHECK(world.why(id).find("background only") != std::string::npos);
}

TEST_CASE("at most three processes are suspended at once") {
  auto world = critical_world();
  for (int pid = 10; pid < 16; ++pid) world.add_target(pid, "photoanalysisd", 0.5);
  int most = 0;
  const Instant end = world.now + 40min;
  while (world.now < end) {
    world.tick();
    most = std::max(most, world.suspended());
    world.pass(world.last.period);
  }
  CHECK(most == 3);
}

TEST_CASE("more processes of a row than max_match are left alone and reported once") {
  auto world = critical_world();
  for (int pid = 1000; pid < 1033; ++pid) world.add_target(pid, "photoanalysisd", 0.1);
  const auto other = world.add_target(10, "mediaanalysisd", 0.1);
  world.run(60s);
  for (const auto& action : begun(world)) CHECK(action.process == other);
  CHECK(world.count(EventKind::target_refused) == 1);
  CHECK(world.said(EventKind::target_refused) ==
        "33 processes of uid 1000 match photoanalysisd, more than 32: none of them is acted on");
  CHECK(world.why({1000, 10000}) == "33 processes of uid 1000 match, more than 32: none of them is acted on");
}

TEST_CASE("thirty-two processes of a row are not too many") {
  auto world = critical_world();
  for (int pid = 1000; pid < 1032; ++pid) world.add_target(pid, "photoanalysisd", 0.01);
  world.run(60s);
  CHECK(world.count(ActionVerb::begin, ActionKind::background) == 32);
}

TEST_CASE("a target that somebody else stopped is left as found") {
  auto world = critical_world();
  const auto id = world.add_target(10, "photoanalysisd", 1);
  world.process(id).state = RunState::stopped;
  world.run(60s);
  CHECK(world.begins() == 0);
  CHECK(world.why(id) == "somebody else stopped it; left as found");
}

TEST_CASE("a zombie is left alone") {
  auto world = critical_world();
  const auto id = world.add_target(10, "photoanalysisd", 1);
  world.process(id).state = RunState::zombie;
  world.run(60s);
  CHECK(world.begins() == 0);
}

TEST_CASE("a refused process is never acted on and is reported once") {
  auto world = critical_world();
  const auto id = world.add_target(10, "photoanalysisd", 1);
  world.base.refused.push_back({"photoanalysisd", id, "photoanalysisd", "a watchdog guards it"});
  world.run(60s);
  CHECK(world.begins() == 0);
  CHECK(world.count(EventKind::target_refused) == 1);
  CHECK(world.said(EventKind::target_refused) ==
        "photoanalysisd (pid 10) is left alone: a watchdog guards it");
}

TEST_CASE("a target that is part of a workload's tree is never acted on") {
  auto world = critical_world();
  const auto id = world.add_target(10, "photoanalysisd", 1);
  WorkloadProcess member;
  member.process = world.process(id);
  world.llm.processes.insert(world.llm.processes.begin(), member);
  world.run(60s);
  CHECK(world.begins() == 0);
  CHECK(world.why(id).find("part of a workload's tree") != std::string::npos);
}

TEST_CASE("an idle target is no part of contention") {
  World world;
  world.add_target(10, "photoanalysisd", 1);
  const auto idle = world.add_target(11, "mediaanalysisd", 0);
  world.make_busy();
  world.run(60s);
  CHECK(world.holds({10, 100}, ActionKind::background));
  CHECK_FALSE(world.holds(idle, ActionKind::background));
  CHECK(world.why(idle) == "it is idle");
  world.targets.at(11).appetite = 0.5;
  world.run(5s);
  CHECK(world.holds(idle, ActionKind::background));
}

TEST_CASE("contention does not suspend a target that the background slows") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 2);
  world.make_busy();
  world.run(10min);
  CHECK(world.holds(id, ActionKind::background));
  CHECK(world.count(ActionVerb::begin, ActionKind::suspend) == 0);
}

TEST_CASE("a falling reading waits before the next suspension") {
  auto world = world_with_ladder({LadderStep::suspend});
  world.config.rules.front().any.front().all.front().exit = 40;
  const auto id = world.add_target(10, "photoanalysisd", 1);
  world.config.limits.max_suspended = 0;
  world.set_used(98);
  for (int i = 0; i < 5; ++i) {
    world.tick();
    world.pass(1s);
  }
  world.config.limits.max_suspended = 3;
  for (const double used : {92.0, 86.0, 80.5}) {
    world.set_used(used);
    world.tick();
    CHECK(begun(world).empty());
    CHECK(world.why(id).starts_with("the reading falls, so the next step waits"));
    world.pass(1s);
  }
  // A fall of 1 % of the distance a second is no reason to wait.
  for (const double used : {80.5, 80.5, 80.5, 80.1}) {
    world.set_used(used);
    world.tick();
    world.pass(1s);
  }
  CHECK(begun(world).size() == 1);
}

TEST_CASE("a falling reading does not keep a target out of the background") {
  auto world = world_with_ladder({LadderStep::background});
  world.add_target(10, "photoanalysisd", 1);
  world.config.targets.clear();
  world.set_used(99);
  world.tick();
  world.pass(1s);
  world.config = world_with_ladder({LadderStep::background}).config;
  world.set_used(90);
  world.tick();
  CHECK(begun(world).size() == 1);
}

TEST_CASE("nothing new begins while a reading is between exit and enter") {
  auto world = world_with_ladder({LadderStep::background, LadderStep::suspend});
  world.add_target(10, "photoanalysisd", 1);
  world.tick();
  world.pass(250ms);
  world.set_used(78);
  const auto second = world.add_target(11, "mediaanalysisd", 1);
  world.run(60s);
  CHECK(begun(world).size() == 1);
  CHECK(world.holds({10, 100}, ActionKind::background));
  CHECK(world.why(second).starts_with("only waits to clear: memory used 78 %"));
}

TEST_CASE("what is about to be done, and what is held, come before what a rule leaves undone") {
  World world;
  world.make_busy();
  RuleConfig hungry = rule("hungry", RuleNeeds::busy, {{{detector("targets_cpu_percent", 10, 5, 0s)}}},
                           {LadderStep::background});
  const RuleConfig memory = rule("memory", RuleNeeds::busy, {{{detector("memory_used_percent", 10, 5, 5s)}}},
                                 {LadderStep::background});
  world.config.rules = {hungry, memory};
  world.add_target(10, "photoanalysisd", 1);
  const auto idle = world.add_target(11, "mediaanalysisd", 0);
  world.run(3s);
  REQUIRE(world.rule_status("hungry").tripped);
  REQUIRE_FALSE(world.rule_status("memory").tripped);
  CHECK(world.why(idle) == "it is idle");
  while (!world.rule_status("memory").tripped) {
    world.tick();
    world.pass(250ms);
  }
  if (!world.holds(idle, ActionKind::background)) CHECK(world.why(idle) == "next: background by memory");
  world.run(5s);
  REQUIRE(world.holds(idle, ActionKind::background));
  CHECK(world.why(idle).starts_with("in the background: memory: "));
  CHECK(world.why(idle).ends_with("; no more than that: it is idle"));
}

TEST_CASE("where background cannot be undone the ladder goes on to suspend") {
  World world;
  world.answer = [](const Action& action) {
    if (action.verb == ActionVerb::end) return OutcomeCode::undone;
    return action.kind == ActionKind::suspend ? OutcomeCode::applied : OutcomeCode::not_reversible;
  };
  const auto first = world.add_target(10, "photoanalysisd", 1);
  const auto second = world.add_target(11, "mediaanalysisd", 1);
  const auto plain = world.add_target(12, "mds", 1, TargetMode::background);
  world.make_busy();
  world.run(10s);
  CHECK(world.holds(first, ActionKind::suspend));
  CHECK(world.holds(second, ActionKind::suspend));
  CHECK_FALSE(world.holds(plain, ActionKind::suspend));
  CHECK(world.why(plain) ==
        "background is not possible here: as told; not suspended: mds may be put into the "
        "background only");
}

TEST_CASE("where journal or guardian were not ready for background nothing harder is done in its place") {
  const auto step = GENERATE(LadderStep::suspend, LadderStep::suspend_if_ineffective);
  auto world = world_with_ladder({LadderStep::background, step});
  bool ready = false;
  world.answer = [&](const Action& action) {
    if (action.verb == ActionVerb::end) return OutcomeCode::undone;
    return action.kind == ActionKind::background && !ready ? OutcomeCode::unready : OutcomeCode::applied;
  };
  const auto id = world.add_target(10, "photoanalysisd", 1);
  world.run(55s);
  CHECK(world.count(ActionVerb::begin, ActionKind::background) == 1);
  CHECK(world.count(ActionVerb::begin, ActionKind::suspend) == 0);
  CHECK(world.why(id).starts_with("background was not tried (as told), next in "));
  ready = true;
  world.run(15s);
  CHECK(world.holds(id, ActionKind::background));
}

TEST_CASE("one refusal speaks for the row: it is not tried on each process") {
  World world;
  world.answer = [](const Action& action) {
    return action.verb == ActionVerb::end ? OutcomeCode::undone : OutcomeCode::not_permitted;
  };
  for (int pid = 10; pid < 20; ++pid) world.add_target(pid, "photoanalysisd", 0.5);
  world.make_busy();
  world.run(30s);
  CHECK(world.count(ActionVerb::begin, ActionKind::background) == 1);
  CHECK(world.count(ActionVerb::begin, ActionKind::suspend) == 1);
  CHECK(world.count(EventKind::action_failed) == 3);  // raise, background, suspend
  CHECK(world.why({10, 100}).find(
            "not suspended: suspending it failed (as told), tried again in") != std::string::npos);
}

TEST_CASE("the earlier rule of the config goes first") {
  auto world = world_with_ladder({LadderStep::background});
  auto second = world.config.rules.front();
  second.name = "second";
  second.ladder = {LadderStep::suspend};
  world.config.rules.insert(world.config.rules.begin(), second);
  world.add_target(10, "photoanalysisd", 1);
  world.tick();
  REQUIRE(begun(world).size() == 1);
  CHECK(begun(world)[0].kind == ActionKind::suspend);
}

TEST_CASE("every process of every row says why it is held or not") {
  auto world = critical_world();
  for (int pid = 10; pid < 14; ++pid) world.add_target(pid, "photoanalysisd", 0.5);
  world.add_target(20, "mds", 0.5, TargetMode::background);
  world.add_target(21, "mdworker", 0);
  const Instant end = world.now + 20min;
  while (world.now < end) {
    world.tick();
    for (const auto& row : world.last.targets) {
      for (const auto& process : row.processes) REQUIRE_FALSE(process.why.empty());
    }
    world.pass(world.last.period);
  }
}

TEST_CASE("a held process says by what and for how long") {
  auto world = critical_world();
  const auto id = world.add_target(10, "photoanalysisd", 1);
  world.run(30s);
  CHECK(
      world.why(id).starts_with("suspended for 10 min more: memory_critical: memory pressure "
                                "critical >= critical for"));
  const auto& row = world.last.targets.front();
  CHECK(row.processes.front().held == std::vector{ActionKind::background, ActionKind::suspend});
}
