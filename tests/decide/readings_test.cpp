// Each reading missing, impossible, stuck or coming and going: nothing starts from it, what it holds
// is released, and the other rules go on.
#include <cmath>
#include <limits>
#include <set>

#include "decide/metrics.h"
#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

namespace {

/// The reading behind one metric.
struct Source {
  std::string_view metric;
  double enter;
  double exit;
  /// Shows a true reading at this time: beyond `enter`, or well on the other side of `exit`.
  void (*show)(Sample& sample, double seconds, bool beyond);
  void (*lose)(Sample& sample);
  /// Shows a broken value; null where the type has none.
  void (*spoil)(Sample& sample, double value);
  bool counter{false};  ///< a growing one: one wrong value is a step, and stands still afterwards
};

Bytes grown(double seconds, double rate) { return Bytes{static_cast<std::int64_t>(seconds * rate)}; }
Duration spent(double seconds, double share) { return duration_from_seconds(seconds * share); }
std::int64_t whole(double value) {
  return value > 9e18 ? std::numeric_limits<std::int64_t>::max() : static_cast<std::int64_t>(value);
}
int small(double value) { return static_cast<int>(std::min<std::int64_t>(whole(value), 1 << 30)); }

const Source kSources[] = {
    {"pressure_level", 2, 2,
     [](Sample& s, double, bool beyond) {
       s.pressure->level = beyond ? PressureLevel::critical : PressureLevel::normal;
     },
     [](Sample& s) { s.pressure.reset(); },
     [](Sample& s, double v) { s.pressure->level = static_cast<PressureLevel>(small(v)); }},
    {"memory_used_percent", 80, 75,
     [](Sample& s, double, bool beyond) { s.memory->used_share = Percent{beyond ? 95.0 : 40.0}; },
     [](Sample& s) { s.memory.reset(); },
     [](Sample& s, double v) { s.memory->used_share = Percent{v}; }},
    {"memory_available_percent", 10, 15,
     [](Sample& s, double, bool beyond) { s.memory->available_share = Percent{beyond ? 2.0 : 60.0}; },
     [](Sample& s) { s.memory.reset(); },
     [](Sample& s, double v) { s.memory->available_share = Percent{v}; }},
    {"swap_used_percent", 20, 15,
     [](Sample& s, double, bool beyond) { s.swap->used = Bytes{beyond ? 8'000'000'000 : 0}; },
     [](Sample& s) { s.swap.reset(); },
     [](Sample& s, double v) { s.swap->used = Bytes{whole(v * 100)}; }},  // more than there is RAM
    {"swap_used_bytes", 4e9, 3e9,
     [](Sample& s, double, bool beyond) { s.swap->used = Bytes{beyond ? 8'000'000'000 : 0}; },
     [](Sample& s) { s.swap.reset(); },
     [](Sample& s, double v) { s.swap->used = Bytes{whole(v * 1e7)}; }},
    {"memory_compressed_percent", 40, 30,
     [](Sample& s, double, bool beyond) { s.memory->compressed = Bytes{beyond ? 8'000'000'000 : 0}; },
     [](Sample& s) { s.memory->compressed.reset(); },
     [](Sample& s, double v) { s.memory->compressed = Bytes{whole(v * 100)}; }},
    {"swap_out_bytes_per_s", 20e6, 5e6,
     [](Sample& s, double t, bool beyond) { s.swap->swapped_out = grown(t, beyond ? 50e6 : 1e3); },
     [](Sample& s) { s.swap->swapped_out.reset(); },
     [](Sample& s, double v) { s.swap->swapped_out = Bytes{whole(v)}; }, true},
    {"swap_in_bytes_per_s", 20e6, 5e6,
     [](Sample& s, double t, bool beyond) { s.swap->swapped_in = grown(t, beyond ? 50e6 : 1e3); },
     [](Sample& s) { s.swap->swapped_in.reset(); },
     [](Sample& s, double v) { s.swap->swapped_in = Bytes{whole(v)}; }, true},
    {"psi_some_percent", 30, 10,
     [](Sample& s, double, bool beyond) { s.pressure->some_avg10 = Percent{beyond ? 60.0 : 0.0}; },
     [](Sample& s) { s.pressure->some_avg10.reset(); },
     [](Sample& s, double v) { s.pressure->some_avg10 = Percent{v}; }},
    {"psi_full_percent", 30, 10,
     [](Sample& s, double, bool beyond) { s.pressure->full_avg10 = Percent{beyond ? 60.0 : 0.0}; },
     [](Sample& s) { s.pressure->full_avg10.reset(); },
     [](Sample& s, double v) { s.pressure->full_avg10 = Percent{v}; }},
    {"stall_some_percent", 30, 10,
     [](Sample& s, double t, bool beyond) { s.pressure->some_total = spent(t, beyond ? 0.6 : 0.01); },
     [](Sample& s) { s.pressure->some_total.reset(); },
     [](Sample& s, double v) { s.pressure->some_total = Duration{whole(v)}; }, true},
    {"stall_full_percent", 30, 10,
     [](Sample& s, double t, bool beyond) { s.pressure->full_total = spent(t, beyond ? 0.6 : 0.01); },
     [](Sample& s) { s.pressure->full_total.reset(); },
     [](Sample& s, double v) { s.pressure->full_total = Duration{whole(v)}; }, true},
    {"thermal_level", 3, 3,
     [](Sample& s, double, bool beyond) { s.thermal->level = beyond ? 4 : 0; },
     [](Sample& s) { s.thermal->level.reset(); },
     [](Sample& s, double v) { s.thermal->level = small(v); }},
    {"temperature_celsius", 100, 95,
     [](Sample& s, double, bool beyond) { s.thermal->hottest = MilliCelsius{beyond ? 105'000 : 50'000}; },
     [](Sample& s) { s.thermal->hottest.reset(); },
     [](Sample& s, double v) { s.thermal->hottest = MilliCelsius{whole(v)}; }},
    {"targets_cpu_percent", 25, 10,
     [](Sample& s, double t, bool beyond) {
       for (auto& target : s.targets) target.process.cpu_time = spent(t, beyond ? 0.8 : 0.0);
     },
     [](Sample& s) { s.targets.clear(); },
     [](Sample& s, double v) {
       for (auto& target : s.targets) target.process.cpu_time = Duration{whole(v)};
     },
     true},
    {"target_cpu_percent", 25, 10,
     [](Sample& s, double t, bool beyond) {
       for (auto& target : s.targets) target.process.cpu_time = spent(t, beyond ? 0.8 : 0.0);
     },
     [](Sample& s) { s.targets.clear(); },
     [](Sample& s, double v) {
       for (auto& target : s.targets) target.process.cpu_time = Duration{whole(v)};
     },
     true},
    {"target_footprint_bytes", 2e9, 1e9,
     [](Sample& s, double, bool beyond) {
       for (auto& target : s.targets) target.process.footprint = Bytes{beyond ? 4'000'000'000 : 0};
     },
     [](Sample& s) { s.process_count = 0; },
     [](Sample& s, double v) {
       for (auto& target : s.targets) target.process.footprint = Bytes{whole(v * 1e7)};
     }},
    {"runner_performance_cores_percent", 30, 50,
     [](Sample& s, double t, bool beyond) {
       auto& runner = s.workloads.emplace_back().processes.emplace_back();
       s.workloads.back().name = "ollama";
       runner.runner = true;
       runner.process.id = kRunner;
       runner.process.cpu_time = spent(t, 1);
       runner.process.performance_cpu_time = spent(t, beyond ? 0.1 : 0.9);
     },
     [](Sample& s) { s.workloads.clear(); }, nullptr, true},
    {"tokens_drop_percent", 60, 40,
     [](Sample& s, double t, bool beyond) {
       auto& workload = s.workloads.emplace_back();
       workload.name = "ollama";
       workload.slots_age = Duration{};
       workload.slots = {{kRunner, 0, true, 1, whole(t * (beyond ? 10 : 100))}};
     },
     [](Sample& s) { s.workloads.clear(); }, nullptr, true},
    {"cpu_busy_percent", 90, 50,
     [](Sample& s, double t, bool beyond) {
       s.cpu->busy = spent(t, beyond ? 1.9 : 0.1);
       s.cpu->idle = spent(t, beyond ? 0.1 : 1.9);
     },
     [](Sample& s) { s.cpu.reset(); },
     [](Sample& s, double v) { s.cpu->busy = Duration{whole(v)}; }, true},
    {"cpu_waiting_percent", 50, 20,
     [](Sample& s, double, bool beyond) { s.cpu->some_avg10 = Percent{beyond ? 80.0 : 0.0}; },
     [](Sample& s) { s.cpu->some_avg10.reset(); },
     [](Sample& s, double v) { s.cpu->some_avg10 = Percent{v}; }},
    {"on_battery", 1, 1,
     [](Sample& s, double, bool beyond) { s.power = PowerReading{beyond, {}}; },
     [](Sample& s) { s.power.reset(); }, nullptr},
    {"battery_charge_percent", 20, 30,
     [](Sample& s, double, bool beyond) { s.power = PowerReading{{}, Percent{beyond ? 5.0 : 80.0}}; },
     [](Sample& s) { s.power.reset(); },
     [](Sample& s, double v) { s.power = PowerReading{{}, Percent{v}}; }},
};

constexpr double kBroken[] = {-1.0, -1e9, 1e30, 2e9};
constexpr double kBrokenReal[] = {std::numeric_limits<double>::quiet_NaN(),
                                  std::numeric_limits<double>::infinity(),
                                  -std::numeric_limits<double>::infinity(), 101.0, 1e300};

bool is_real(std::string_view metric) {
  return metric.ends_with("_percent") && !metric.starts_with("stall") && metric != "swap_used_percent" &&
         metric != "memory_compressed_percent" && !metric.starts_with("target") &&
         metric != "cpu_busy_percent";
}

/// Lost with the targets themselves; while its counter is broken, what one takes is its last true share.
bool is_of_targets(const Source& source) {
  return source.metric == "targets_cpu_percent" || source.metric == "target_cpu_percent";
}

/// One target and one rule on this metric that would suspend it.
struct Bench {
  explicit Bench(const Source& on) : source(on) {
    world.config.rules = {rule("probe", RuleNeeds::nothing,
                               {{{detector(std::string(on.metric), on.enter, on.exit)}}},
                               {LadderStep::suspend})};
    world.config.sampling.idle_period = 1s;  // no workload is needed, so none makes it look sooner
    id = world.add_target(20, "photoanalysisd", 0);
    show(false);
    world.run(20s);
  }
  void show(bool beyond) {
    world.distort = [this, beyond](Sample& sample) {
      source.show(sample, seconds_of(world.now.since_boot), beyond);
    };
  }
  /// From now on the reading is broken like this.
  void break_it(std::optional<double> value) {
    world.distort = [this, value](Sample& sample) {
      source.show(sample, seconds_of(world.now.since_boot), true);
      value ? source.spoil(sample, *value) : source.lose(sample);
    };
  }
  [[nodiscard]] bool held() const { return world.holds(id, ActionKind::suspend); }

  World world;
  const Source& source;
  ProcessId id;
};

std::vector<std::optional<double>> ways_to_break(const Source& source) {
  std::vector<std::optional<double>> ways{std::nullopt};
  if (source.spoil == nullptr) return ways;
  ways.insert(ways.end(), std::begin(kBroken), std::end(kBroken));
  if (is_real(source.metric)) ways.insert(ways.end(), std::begin(kBrokenReal), std::end(kBrokenReal));
  return ways;
}

}  // namespace

TEST_CASE("the table has every metric that a rule may use") {
  std::set<std::string_view> named;
  for (const auto& source : kSources) named.insert(source.metric);
  for (const auto& metric : metrics()) {
    INFO(metric.name);
    CHECK(named.contains(metric.name));
  }
  CHECK(named.size() == metrics().size());
}

TEST_CASE("every reading that is well and beyond its limit trips its rule") {
  for (const auto& source : kSources) {
    INFO(source.metric);
    Bench bench(source);
    CHECK_FALSE(bench.held());
    bench.show(true);
    bench.world.run(10s);
    CHECK(bench.held());
  }
}

TEST_CASE("a reading that is missing or impossible starts nothing") {
  for (const auto& source : kSources) {
    for (const auto& way : ways_to_break(source)) {
      INFO(source.metric << " " << (way ? *way : 0));
      Bench bench(source);
      bench.break_it(way);
      bench.world.run(2min);
      CHECK(bench.world.begins() == 0);
    }
  }
}

TEST_CASE("a reading that comes and goes starts nothing") {
  for (const auto& source : kSources) {
    if (is_of_targets(source)) continue;
    for (const auto& way : ways_to_break(source)) {
      INFO(source.metric << " " << (way ? *way : 0));
      Bench bench(source);
      for (int i = 0; i < 60; ++i) {
        i % 3 == 2 ? bench.break_it(way) : bench.show(true);
        bench.world.run(1s);
      }
      CHECK(bench.world.begins() == 0);
    }
  }
}

TEST_CASE("what a lost or impossible reading holds is released after the unknown span and a tick") {
  for (const auto& source : kSources) {
    for (const auto& way : ways_to_break(source)) {
      if (way && source.counter) continue;  // it stands still, which is a reading: see below
      INFO(source.metric << " " << (way ? *way : 0));
      Bench bench(source);
      bench.show(true);
      bench.world.run(10s);
      REQUIRE(bench.held());
      bench.break_it(way);
      bench.world.run(bench.world.config.limits.unknown_release + 2s);
      CHECK_FALSE(bench.held());
      CHECK(bench.world.process(bench.id).state == RunState::running);
      bench.world.forget_log();
      bench.world.run(2min);
      CHECK(bench.world.begins() == 0);
    }
  }
}

TEST_CASE("a counter that stands still is calm: what it held ends after the exit hold") {
  for (const auto& source : kSources) {
    // A server that generates nothing while a request runs is not calm.
    if (!source.counter || is_of_targets(source) || source.metric == "tokens_drop_percent") continue;
    INFO(source.metric);
    Bench bench(source);
    bench.show(true);
    bench.world.run(10s);
    REQUIRE(bench.held());
    const double stuck = seconds_of(bench.world.now.since_boot);
    bench.world.distort = [&](Sample& sample) { source.show(sample, stuck, true); };
    bench.world.run(35s);
    CHECK_FALSE(bench.held());
  }
}

TEST_CASE("a reading stuck beyond its limit stops nobody for longer than allowed") {
  for (const auto& source : kSources) {
    if (source.counter) continue;
    INFO(source.metric);
    Bench bench(source);
    bench.show(true);
    Duration stopped{};
    for (int i = 0; i < 3600; ++i) {
      bench.world.run(1s);
      stopped = bench.held() ? stopped + 1s : 0s;
      REQUIRE(stopped <= bench.world.config.limits.max_suspend + 2s);
    }
    CHECK(bench.world.count(ActionVerb::begin, ActionKind::suspend) > 1);
  }
}

TEST_CASE("a broken reading keeps no other rule from acting") {
  for (const auto& source : kSources) {
    if (is_of_targets(source)) continue;
    const bool thermal = source.metric == "thermal_level";
    for (const auto& way : ways_to_break(source)) {
      INFO(source.metric << " " << (way ? *way : 0));
      Bench bench(source);
      bench.world.config.rules.push_back(
          rule("other", RuleNeeds::nothing, {{{detector(thermal ? "temperature_celsius" : "thermal_level",
                                                        thermal ? 100 : 3, thermal ? 95 : 3)}}},
               {LadderStep::suspend}));
      bench.break_it(way);
      const auto broken = bench.world.distort;
      bench.world.distort = [&](Sample& sample) {
        broken(sample);
        if (!sample.thermal) sample.thermal = ThermalReading{};
        if (thermal) {
          sample.thermal->hottest = MilliCelsius{105'000};
        } else {
          sample.thermal->level = 4;
        }
      };
      bench.world.run(10s);
      REQUIRE(bench.held());
      CHECK(bench.world.state.holds.front().rule == "other");
    }
  }
}
