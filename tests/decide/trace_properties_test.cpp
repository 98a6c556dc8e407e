// What holds for whatever trace the policy is run over.
#include <array>
#include <map>
#include <random>

#include "decide/replay.h"
#include "support.h"
#include "support/sanitised.h"

using namespace m1opt::test;

namespace {

constexpr int kTraces = kSanitised ? 10 : 40;

struct Readings {
  PressureLevel level{};
  double used{50};
  double swap_out{0};
  int thermal{0};
  double celsius{45};
  double target_share{0};  ///< of a core, each target
};

/// Ticks once a second, nothing held in them.
class Tracer {
 public:
  Tracer() {
    world_.add_target(10, "photoanalysisd", 0);
    world_.add_target(11, "mdworker", 0);
    world_.add_target(12, "mds", 0, TargetMode::background);
  }

  /// `model` cores are taken by the LLM; 0 with no_model(): there is none.
  void add(const Readings& now, double model) {
    world_.set_level(now.level);
    world_.set_used(now.used);
    world_.swap_out = now.swap_out;
    world_.base.thermal->level = now.thermal;
    world_.base.thermal->hottest = MilliCelsius{static_cast<std::int64_t>(now.celsius * 1000)};
    set_appetite(now.target_share);
    if (world_.llm.processes.empty() && with_model_) world_.start_llm(model);
    world_.llm_appetite = model;
    push();
  }
  /// Every reading is lost.
  void add_unknown() {
    set_appetite(0);
    push();
    Sample& sample = ticks_.back().sample;
    sample.pressure.reset();
    sample.memory.reset();
    sample.swap.reset();
    sample.thermal.reset();
    sample.cpu.reset();
  }
  void no_model() { with_model_ = false; }
  [[nodiscard]] const std::vector<TraceTick>& ticks() const { return ticks_; }

 private:
  void set_appetite(double cores) {
    for (auto& [pid, target] : world_.targets) {
      target.appetite = cores;
      target.sample.process.state = cores > 0 ? RunState::running : RunState::sleeping;
    }
  }
  void push() {
    TraceTick tick;
    tick.at = static_cast<int>(ticks_.size()) * 1s;
    tick.sample = world_.base;
    if (!world_.llm.processes.empty()) tick.sample.workloads = {world_.llm};
    for (const auto& [pid, target] : world_.targets) tick.sample.targets.push_back(target.sample);
    ticks_.push_back(std::move(tick));
    world_.pass(1s);
  }

  World world_;
  bool with_model_{true};
  std::vector<TraceTick> ticks_;
};

class Chance {
 public:
  explicit Chance(unsigned seed) : random_(seed) {}
  template <class T>
  T of(std::initializer_list<T> values) {
    return *(values.begin() + static_cast<std::ptrdiff_t>(random_() % values.size()));
  }
  int upto(int most) { return static_cast<int>(random_() % static_cast<unsigned>(most + 1)); }

  Readings readings() {
    return {of({PressureLevel::normal, PressureLevel::warning, PressureLevel::critical}),
            of({50.0, 76.0, 79.9, 80.1, 95.0}),
            of({0.0, 4e6, 19e6, 21e6, 90e6}),
            of({0, 1, 2, 3}),
            of({45.0, 84.0, 89.9, 90.1, 96.0, 101.0}),
            of({0.0, 0.02, 0.1, 0.5, 1.5})};
  }

 private:
  std::mt19937 random_;
};

/// So many seconds in which everything changes by chance.
void add_chance(Tracer& tracer, Chance& chance, int seconds, bool model) {
  while (seconds > 0) {
    const Readings now = chance.readings();
    const double cores = model ? chance.of({0.0, 1.0, 1.0, 1.0}) : 0.0;
    for (int left = std::min(seconds, 1 + chance.of({0, 2, 5, 10, 40})); left > 0; --left, --seconds) {
      tracer.add(now, cores);
    }
  }
}

/// Calls `see(replay, time)` after each tick.
template <class See>
ReplayReport replay(const std::vector<TraceTick>& ticks, See see) {
  Replay replay(default_config());
  replay.begin({});
  for (const TraceTick& tick : ticks) {
    replay.tick(tick);
    see(replay, tick.at);
  }
  return replay.finish();
}

ReplayReport replay(const std::vector<TraceTick>& ticks) {
  return replay(ticks, [](const Replay&, Duration) {});
}

bool holds_targets(const State& state) {
  return std::any_of(state.holds.begin(), state.holds.end(),
                     [](const Hold& hold) { return hold.kind != ActionKind::raise; });
}

/// Seconds in which the row had anything held.
std::map<std::string, int> held_seconds(const std::vector<TraceTick>& ticks) {
  std::map<std::string, int> held;
  replay(ticks, [&](const Replay& replay, Duration) {
    for (const char* name : {"photoanalysisd", "mdworker", "mds"}) {
      held[name] += std::any_of(replay.state().holds.begin(), replay.state().holds.end(),
                                [&](const Hold& hold) { return hold.target == name; });
    }
  });
  return held;
}

}  // namespace

TEST_CASE("over any trace nothing is done while no model works and the level is normal") {
  Chance chance(1);
  for (int i = 0; i < kTraces; ++i) {
    Tracer tracer;
    const bool resident = i % 2 == 0;
    if (!resident) tracer.no_model();
    for (int second = 0; second < 300; ++second) {
      Readings now = chance.readings();
      if (resident) now.level = PressureLevel::normal;
      tracer.add(now, 0);
    }
    REQUIRE(replay(tracer.ticks()).actions.empty());
  }
}

TEST_CASE("after any trace everything is released when all is calm, and when all is unknown") {
  Chance chance(2);
  int held = 0;
  for (int i = 0; i < kTraces; ++i) {
    Tracer tracer;
    add_chance(tracer, chance, 300, true);
    const bool calm = i % 2 == 0;
    // Once exit_hold_s until the stopped run again, and once until these are seen to be idle.
    for (int second = 0; second < 66; ++second) {
      if (calm) {
        tracer.add({}, 1);
      } else {
        tracer.add_unknown();
      }
    }
    const auto report = replay(tracer.ticks(), [&](const Replay& replay, Duration at) {
      if (at == 299s) held += holds_targets(replay.state());
    });
    REQUIRE(report.still_held == 0);
  }
  CHECK(held > kTraces / 4);
}

TEST_CASE("over any trace no step of the ladder is left out, and one begins a tick") {
  Chance chance(3);
  int suspended = 0;
  for (int i = 0; i < kTraces; ++i) {
    Tracer tracer;
    add_chance(tracer, chance, 600, true);
    std::map<ProcessId, Duration> background;
    Duration last{-1};
    for (const auto& action : replay(tracer.ticks()).actions) {
      if (action.kind == ActionKind::raise) continue;
      if (action.verb == ActionVerb::end) {
        if (action.kind == ActionKind::background) background.erase(action.process);
        continue;
      }
      REQUIRE(action.at > last);
      last = action.at;
      if (action.kind == ActionKind::background) {
        background[action.process] = action.at;
      } else {
        ++suspended;
        REQUIRE(background.contains(action.process));
        REQUIRE(action.at - background.at(action.process) >= default_config().limits.post_action);
      }
    }
  }
  CHECK(suspended > kTraces / 4);
}

TEST_CASE("over any trace no row goes to and fro faster than hold and cooldown allow") {
  const Config config = default_config();
  Chance chance(4);
  for (int i = 0; i < kTraces; ++i) {
    Tracer tracer;
    add_chance(tracer, chance, 1200, true);
    std::map<std::pair<ProcessId, ActionKind>, Duration> begun;
    const auto report = replay(tracer.ticks());
    for (const auto& action : report.actions) {
      if (action.kind == ActionKind::raise || action.verb != ActionVerb::begin) continue;
      const auto before = begun.find({action.process, action.kind});
      if (before != begun.end()) {
        // held until the reading was calm for 30 s, then the cooldown
        const bool suspended = action.kind == ActionKind::suspend;
        REQUIRE(action.at - before->second >= (suspended ? 30s : 30s + config.limits.cooldown));
      }
      begun[{action.process, action.kind}] = action.at;
    }
  }
}

TEST_CASE("a strictly calmer course of the same events never holds longer") {
  // One rise and one fall: after two of them the cooldown of the first may rightly cut the second.
  Chance chance(5);
  int compared = 0;
  for (int i = 0; i < 4 * kTraces; ++i) {
    const int rise = 10 + chance.upto(200);
    const int top = chance.upto(100);
    const int fall = 10 + chance.upto(200);
    const double peak = chance.of({0.5, 0.8, 1.0});
    const double calmer = chance.of({0.3, 0.6, 0.9, 0.99});
    const std::array<bool, 4> involved{chance.upto(1) == 1, chance.upto(1) == 1, chance.upto(1) == 1, true};
    const auto course = [&](double scale) {
      Tracer tracer;
      for (int second = 0; second < rise + top + fall + 200; ++second) {
        double severity = 0;
        if (second < rise) {
          severity = static_cast<double>(second) / rise;
        } else if (second < rise + top) {
          severity = 1;
        } else if (second < rise + top + fall) {
          severity = 1 - static_cast<double>(second - rise - top) / fall;
        }
        severity *= peak * scale;
        Readings now;
        if (involved[0]) now.level = static_cast<PressureLevel>(static_cast<int>(severity * 2.9));
        if (involved[1]) now.swap_out = severity * 60e6;
        if (involved[2]) now.celsius = 45 + severity * 60;
        now.used = 50 + severity * 45;
        tracer.add(now, 1);
      }
      return held_seconds(tracer.ticks());
    };
    const auto loud = course(1);
    const auto calm = course(calmer);
    for (const auto& [name, seconds] : calm) {
      INFO(name << " in trace " << i);
      REQUIRE(seconds <= loud.at(name));
      compared += seconds > 0;
    }
  }
  CHECK(compared > kTraces);
}
