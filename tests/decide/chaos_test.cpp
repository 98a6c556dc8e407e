#include <random>
#include <set>

#include "decide/policy.h"
#include "support.h"
#include "support/catch.h"
#include "support/sanitised.h"

using namespace m1opt::test;

namespace {

/// A month of bad luck: everything changes at random, actions fail at random.
class Chaos {
 public:
  explicit Chaos(unsigned seed) : random_(seed) {
    world.config.limits.suspensions_per_hour = 100;
    world.answer = [this](const Action& action) { return random_answer(action); };
  }

  World world;

  void step_once() {
    change();
    const std::size_t first = world.actions.size();
    world.tick();
    check(first);
    world.pass(chance(50) ? 20s : std::chrono::milliseconds(random_() % 3000 + 5));
  }

 private:
  bool chance(unsigned one_in) { return random_() % one_in == 0; }
  template <class T>
  T one_of(std::initializer_list<T> values) {
    return *(values.begin() + random_() % values.size());
  }

  OutcomeCode random_answer(const Action& action) {
    using enum OutcomeCode;
    if (action.verb == ActionVerb::end) return one_of({undone, undone, undone, changed, failed});
    if (action.verb == ActionVerb::extend) return one_of({applied, applied, failed, gone});
    return one_of({applied, applied, applied, partial, gone, changed, not_reversible, failed, unready});
  }

  void change_process() {
    const int pid = static_cast<int>(random_() % 40) + 10;
    const auto found = world.targets.find(pid);
    if (found == world.targets.end()) {
      const bool plain = chance(3);
      const std::string name = plain ? "mds" : one_of<std::string>({"photoanalysisd", "mdworker"});
      world.add_target(pid, name, one_of({0.0, 0.3, 2.0}),
                       plain ? TargetMode::background : TargetMode::suspend);
      return;
    }
    auto& process = found->second.sample.process;
    switch (random_() % 6) {
      case 0: world.targets.erase(found); break;
      case 1:
        process.state = one_of({RunState::running, RunState::stopped, RunState::zombie});
        break;
      case 2: process.background = chance(2); break;
      case 3: process.threads = static_cast<int>(random_() % 20); break;
      case 4: process.cpu_time = Duration{static_cast<std::int64_t>(random_())}; break;
      default: ++process.id.start; break;
    }
  }

  void change_readings() {
    switch (random_() % 8) {
      case 0:
        world.base.pressure = PressureReading{};
        world.set_level(one_of({PressureLevel::normal, PressureLevel::warning,
                                PressureLevel::critical, PressureLevel::critical}));
        break;
      case 1: world.base.pressure.reset(); break;
      case 2: world.set_used(static_cast<double>(random_() % 101)); break;
      case 3: world.swap_out = one_of({0.0, 1e3, 50e6}); break;
      case 4: world.base.thermal->level = static_cast<int>(random_() % 5); break;
      case 5: world.start_llm(one_of({0.0, 1.0, 1.0})); break;
      case 6: world.llm.leased = chance(2); break;
      default: world.base.cpu->busy = Duration{static_cast<std::int64_t>(random_())}; break;
    }
  }

  void change_wishes() {
    const ProcessId id{static_cast<int>(random_() % 40) + 10, (random_() % 40 + 10) * 10};
    const Duration time = std::chrono::seconds(random_() % 700);
    switch (random_() % 6) {
      case 0: world.command(PauseCommand{60s, false}); break;
      case 1: world.command(UnpauseCommand{}); break;
      case 2: world.command(ResumeCommand{chance(2), "mdworker", {}}); break;
      case 3: world.command(SuspendCommand{"photoanalysisd", {}, time}); break;
      default: world.command(SuspendCommand{{}, ProcessId{id.pid, id.start}, time}); break;
    }
  }

  void change() {
    if (chance(3)) change_process();
    if (chance(8)) change_readings();
    if (chance(40)) change_wishes();
    if (chance(30)) {
      world.base.refused.clear();
      for (const auto& [pid, target] : world.targets) {
        if (chance(5)) {
          world.base.refused.push_back({target.sample.target, target.sample.process.id, "x", "no"});
        }
      }
    }
  }

  void check_begin(const Action& action) {
    const auto target = world.targets.find(action.process.pid);
    const bool is_target = target != world.targets.end() &&
                           target->second.sample.process.id == action.process &&
                           target->second.sample.target == action.target;
    const bool is_member = std::any_of(
        world.llm.processes.begin(), world.llm.processes.end(),
        [&](const WorkloadProcess& member) { return member.process.id == action.process; });
    const bool raise = action.kind == ActionKind::raise;
    REQUIRE((raise ? is_member : is_target));
    for (const auto& refused : world.base.refused) REQUIRE(refused.id != action.process);
    REQUIRE(action.deadline > world.now);
    REQUIRE(action.deadline <= world.now + (action.kind == ActionKind::suspend
                                                ? world.config.limits.max_suspend
                                                : world.config.limits.renewal));
    REQUIRE_FALSE(action.reason.empty());
    REQUIRE_FALSE(world.state.pause.active);
    if (action.kind != ActionKind::suspend) return;
    REQUIRE(target->second.sample.mode == TargetMode::suspend);
    if (action.target == "mdworker") REQUIRE(action.deadline <= world.now + 60s);
  }

  void check(std::size_t first) {
    int begun = 0;
    int by_rules = 0;
    std::set<std::pair<ProcessId, ActionKind>> once;
    bool begins_started = false;
    for (std::size_t i = first; i < world.actions.size(); ++i) {
      const Action& action = world.actions[i].second;
      if (action.verb != ActionVerb::end) begins_started = true;
      if (action.verb == ActionVerb::end) {
        REQUIRE_FALSE(begins_started);
        REQUIRE(action.record != 0);
      }
      if (action.verb != ActionVerb::begin) continue;
      REQUIRE(once.emplace(action.process, action.kind).second);
      check_begin(action);
      begun += action.kind == ActionKind::suspend;
      by_rules += action.kind != ActionKind::raise && action.command == 0;
    }
    REQUIRE(by_rules <= 1);
    REQUIRE(world.suspended() + begun <= world.config.limits.max_suspended);
    bool all_explained = true;
    for (const auto& row : world.last.targets) {
      for (const auto& process : row.processes) all_explained &= !process.why.empty();
    }
    REQUIRE(all_explained);
    REQUIRE(world.last.period > 0s);
    REQUIRE(world.last.period <= world.config.sampling.idle_period);
  }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("whatever happens, no action leaves its limits") {
  const unsigned seed = GENERATE(1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U);
  Chaos chaos(seed);
  INFO("seed " << seed);
  const int steps = kSanitised ? 750 : 2500;
  for (int i = 0; i < steps; ++i) chaos.step_once();
  CHECK(chaos.world.count(ActionVerb::begin, ActionKind::suspend) > steps / 125);
  CHECK(chaos.world.count(ActionVerb::begin, ActionKind::background) > steps / 125);
  CHECK(chaos.world.count(ActionVerb::begin, ActionKind::raise) > steps / 500);
}

TEST_CASE("after any chaos a pause leaves nothing held") {
  const unsigned seed = GENERATE(11U, 12U, 13U);
  Chaos chaos(seed);
  for (int i = 0; i < 1000; ++i) chaos.step_once();
  auto& world = chaos.world;
  world.answer = [](const Action& action) {
    return action.verb == ActionVerb::end ? OutcomeCode::undone : OutcomeCode::applied;
  };
  world.command(PauseCommand{std::nullopt, true});
  world.run(3s);
  CHECK(world.state.holds.empty());
  CHECK(world.state.pending.empty());
}
