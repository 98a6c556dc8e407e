#include "decide/policy.h"

#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

namespace {

int transitions(const World& world) {
  return world.count(EventKind::rule_tripped) + world.count(EventKind::rule_cleared);
}

int target_actions(const World& world) {
  return world.begins() + world.count(ActionVerb::end, ActionKind::background) +
         world.count(ActionVerb::end, ActionKind::suspend);
}

/// The largest share of any window of this length in which the process was suspended.
double worst_share(const World& world, ProcessId id, Duration window) {
  std::vector<std::pair<Instant, Instant>> spans;
  for (const auto& [at, action] : world.actions) {
    if (action.kind != ActionKind::suspend || action.process != id) continue;
    if (action.verb == ActionVerb::begin) spans.emplace_back(at, world.now);
    if (action.verb == ActionVerb::end) spans.back().second = at;
  }
  double worst = 0;
  for (const auto& [begin, unused] : spans) {
    Duration sum{};
    for (const auto& span : spans) {
      const Instant from = std::max(span.first, begin);
      const Instant to = std::min(span.second, begin + window);
      if (to > from) sum += to - from;
    }
    worst = std::max(worst, seconds_of(sum) / seconds_of(window));
  }
  return worst;
}

}  // namespace

TEST_CASE("the same state, sample, config and time give the same decision") {
  World world;
  world.add_target(10, "photoanalysisd", 1);
  world.make_busy();
  world.set_level(PressureLevel::critical);
  world.run(10s);
  World copy = world;
  world.run(10min);
  copy.run(10min);
  CHECK(world.state == copy.state);
  CHECK(world.actions == copy.actions);
  CHECK(world.reasons == copy.reasons);
}

TEST_CASE("pressure that swings around its limit for an hour causes few transitions") {
  World world;
  world.add_target(10, "photoanalysisd", 0.1);
  world.make_busy();
  world.forget_log();
  for (int second = 0; second < 3600; ++second) {
    world.set_level(second % 2 == 0 ? PressureLevel::warning : PressureLevel::normal);
    world.set_used(second % 3 == 0 ? 79.9 : 80.1);
    world.tick();
    world.pass(1s);
  }
  CHECK(transitions(world) == 1);  // memory_used at 60 % trips; nothing at 80 lasts 5 s
  CHECK(target_actions(world) == 0);
}

TEST_CASE("pressure that comes and goes every minute is bounded by the exit hold") {
  World world;
  world.add_target(10, "photoanalysisd", 0.1);
  world.make_busy();
  world.forget_log();
  for (int second = 0; second < 3600; ++second) {
    world.set_level(second % 60 < 30 ? PressureLevel::critical : PressureLevel::normal);
    world.tick();
    world.pass(1s);
  }
  // 30 s without pressure are not below exit for longer than the exit hold: it stays tripped.
  CHECK(target_actions(world) <= 20);
  CHECK(transitions(world) <= 6);
}

TEST_CASE("hogs that stay hungry for an hour are backgrounded once, with no flapping") {
  for (const bool counts_wait : {true, false}) {
    World world;
    for (int pid = 10; pid < 13; ++pid) {
      world.add_target(pid, "photoanalysisd", 0.9);
      world.targets.at(pid).counts_wait = counts_wait;
    }
    world.make_busy();
    world.run(1h);
    INFO("waiting is counted: " << counts_wait);
    CHECK(world.count(ActionVerb::begin, ActionKind::background) == 3);
    CHECK(world.count(ActionVerb::end, ActionKind::background) == 0);
    CHECK(world.count(ActionVerb::begin, ActionKind::suspend) == 0);
    CHECK(transitions(world) == 1);
  }
}

TEST_CASE("hogs that can only be suspended keep their duty for hours") {
  World world;
  world.config.limits.suspensions_per_hour = 1000;
  world.answer = [](const Action& action) {
    if (action.verb == ActionVerb::end) return OutcomeCode::undone;
    return action.kind == ActionKind::suspend ? OutcomeCode::applied : OutcomeCode::not_reversible;
  };
  std::vector<ProcessId> hogs;
  for (int pid = 10; pid < 13; ++pid) hogs.push_back(world.add_target(pid, "photoanalysisd", 0.9));
  world.make_busy();
  world.run(4h);
  for (const auto id : hogs) {
    // 600 s stopped, 150 s of rest: any such window is suspended for at most 80 %.
    CHECK(worst_share(world, id, 750s) <= 0.801);
    CHECK(worst_share(world, id, 3h) > 0.7);
  }
}

TEST_CASE("thirty suspensions in an hour make the policy passive for an hour, and it says so") {
  World world;
  for (int pid = 10; pid < 13; ++pid) world.add_target(pid, "mdworker", 0.9);
  world.make_busy();
  world.set_level(PressureLevel::critical);
  while (world.count(EventKind::passive) == 0 && world.now < Instant{5h}) {
    world.tick();
    world.pass(world.last.period);
  }
  CHECK(world.count(ActionVerb::begin, ActionKind::suspend) == 30);
  world.tick();
  CHECK(world.last.mode == Mode::passive);
  CHECK(world.said(EventKind::passive) ==
        "30 suspensions in an hour, the most allowed: nothing new for 60 min");
  const Instant passive = world.now;
  world.forget_log();
  const auto late = world.add_target(20, "photoanalysisd", 1);
  world.run(59min);
  CHECK(world.begins() == 0);
  CHECK(world.suspended() == 0);  // what was held ended at its time
  CHECK(world.why(late).starts_with("30 suspensions in an hour: nothing new for"));
  CHECK(world.last.mode == Mode::passive);
  world.run(passive + 62min - world.now);
  CHECK(world.last.mode == Mode::active);
  CHECK(world.begins() >= 1);
}

TEST_CASE("a model resident all night at 82 % used and level normal: nothing is done") {
  World world;
  world.add_target(10, "photoanalysisd", 1.5);
  world.add_target(11, "mds", 0.5, TargetMode::background);
  world.start_llm(0.01);
  world.llm.models = std::vector<LoadedModel>{{"m", Bytes{1}, {}, "never"}};
  world.set_used(82);
  world.base.swap->used = Bytes{4'000'000'000};
  world.run(10h);
  CHECK(world.actions.empty());
  CHECK(world.last.workloads.front().state == WorkloadState::resident);
  CHECK(world.last.period == 10s);
  CHECK(transitions(world) == 1);  // 60 % is reported once
}

TEST_CASE("the same with a request running puts targets into the background and no further") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 0.1);
  world.set_used(82);
  world.make_busy();
  world.run(1h);
  CHECK(world.holds(id, ActionKind::background));
  CHECK(world.count(ActionVerb::begin, ActionKind::suspend) == 0);
}

TEST_CASE("80 % used suspends once the level is at warning") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 0.1);
  world.set_used(82);
  world.set_level(PressureLevel::warning);
  world.make_busy();
  world.run(30s);
  CHECK(world.holds(id, ActionKind::suspend));
}

TEST_CASE("sampling is fast while busy or held and slow otherwise") {
  World world;
  world.tick();
  CHECK(world.last.period == 10s);
  world.make_busy();
  world.run(10s);
  CHECK(world.last.period == 1s);
  world.llm_appetite = 0;
  world.run(3min);
  CHECK(world.last.period == 10s);
}

TEST_CASE("the next sample is never later than a deadline") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 0);
  world.config.sampling.busy_period = 30s;
  world.command(SuspendCommand{{}, id, 45s});
  const Instant asked = world.now;
  while (world.count(ActionVerb::end, ActionKind::suspend) == 0) {
    world.tick();
    world.pass(world.last.period);
  }
  CHECK(world.actions.back().first - asked == 45s);
}

TEST_CASE("a gap begins nothing, ends what is past its deadline, and starts hold times anew") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 0.1);
  world.make_busy();
  world.set_level(PressureLevel::critical);
  world.run(30s);
  REQUIRE(world.holds(id, ActionKind::suspend));
  const auto fresh = world.add_target(11, "mediaanalysisd", 0.1);
  world.forget_log();
  world.now = world.now + 8h;
  world.tick();
  CHECK(world.begins() == 0);
  REQUIRE_FALSE(world.actions.empty());
  CHECK(world.actions.front().second.verb == ActionVerb::end);
  CHECK(world.actions.front().second.kind == ActionKind::suspend);
  CHECK_FALSE(world.holds(fresh, ActionKind::background));
}

TEST_CASE("a detector does not trip on readings from before a sleep") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 0.1);
  world.make_busy();
  world.run(10s);
  world.set_level(PressureLevel::critical);
  world.tick();
  world.now = world.now + 20s;
  world.tick();
  world.pass(1s);
  world.tick();
  CHECK_FALSE(world.rule_status("memory_critical").tripped);
  CHECK(world.why(id) == "no rule has tripped");
}

TEST_CASE("readings that take seconds are no gap: where memory is short, rules still trip") {
  World world;
  world.add_target(10, "photoanalysisd", 0.1);
  world.make_busy();
  world.set_level(PressureLevel::critical);
  world.base.took = 4s;
  for (int i = 0; i < 6; ++i) {
    world.tick();
    world.pass(5s);
  }
  CHECK(world.rule_status("memory_critical").tripped);
}

TEST_CASE("a machine that slept while its readings were taken has slept") {
  World world;
  world.add_target(10, "photoanalysisd", 0.1);
  world.make_busy();
  world.set_level(PressureLevel::critical);
  world.tick();
  world.base.took = 8h;
  world.pass(8h + 1s);
  world.tick();
  CHECK_FALSE(world.rule_status("memory_critical").tripped);
  CHECK(world.begins() == 0);
}

TEST_CASE("a tick that is a little late is no gap") {
  World world;
  world.add_target(10, "photoanalysisd", 0.1);
  world.make_busy();
  world.set_level(PressureLevel::critical);
  for (int i = 0; i < 4; ++i) {
    world.tick();
    world.pass(2s);
  }
  CHECK(world.rule_status("memory_critical").tripped);
}

TEST_CASE("the state does not grow over ten simulated days") {
  World world;
  world.base.pressure->some_avg10 = Percent{1};
  std::mt19937 random(7);
  std::size_t largest = 0;
  for (int hour = 0; hour < 24 * 10; ++hour) {
    world.targets.clear();
    for (int i = 0; i < 5; ++i) {
      world.add_target(static_cast<int>(random() % 30000) + 1000, "mdworker", 0.5);
    }
    world.start_llm(hour % 3 == 0 ? 1 : 0);
    for (auto& member : world.llm.processes) {
      member.process.id.start += static_cast<std::uint64_t>(hour);
    }
    world.set_level(hour % 5 == 0 ? PressureLevel::critical : PressureLevel::normal);
    world.run(2min);
    world.now = world.now + 58min;
    world.forget_log();
    const auto& state = world.state;
    largest = std::max(largest, state.tracks.size() + state.bans.size() + state.back_offs.size() +
                                    state.reapplied.size() + state.suspensions.size() +
                                    state.holds.size() + state.pending.size());
  }
  CHECK(largest < 200);
}
