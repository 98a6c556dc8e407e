#include "decide/metrics.h"

#include <cmath>
#include <limits>
#include <set>

#include "base/file.h"
#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

namespace {

std::optional<double> read(const Sample& sample, const std::string& name, const Rates& rates = {}) {
  State state;
  state.rates = rates;
  return read_metric(*find_metric(name), {sample, state});
}

}  // namespace

TEST_CASE("every metric has its own name and every shipped rule uses a known one") {
  std::set<std::string> names;
  for (const auto& metric : metrics()) CHECK(names.emplace(metric.name).second);
  for (const auto& rule : default_rules()) {
    for (const auto& group : rule.any) {
      for (const auto& entry : group.all) CHECK(names.contains(entry.metric));
    }
  }
  CHECK(find_metric("memory_used") == nullptr);
}

TEST_CASE("no metric has a value without its reading") {
  const Sample empty;
  for (const auto& metric : metrics()) {
    INFO(metric.name);
    CHECK_FALSE(read_metric(metric, {empty, State{}}));
    CHECK_FALSE(unknown_text(metric, empty).empty());
  }
}

TEST_CASE("metrics read the numbers of the sample") {
  World world;
  world.set_used(82);
  world.set_level(PressureLevel::critical);
  world.base.swap->used = Bytes{4'000'000'000};
  world.base.thermal->level = 3;
  world.base.thermal->hottest = MilliCelsius{91'500};
  world.base.pressure->some_avg10 = Percent{12};
  world.base.pressure->full_avg10 = Percent{3};
  world.base.power = PowerReading{true, Percent{55}};
  CHECK(read(world.base, "memory_used_percent") == 82.0);
  CHECK(read(world.base, "memory_available_percent") == 18.0);
  CHECK(read(world.base, "pressure_level") == 2.0);
  CHECK(read(world.base, "swap_used_percent") == 25.0);  // of RAM
  CHECK(read(world.base, "thermal_level") == 3.0);
  CHECK(read(world.base, "temperature_celsius") == 91.5);
  CHECK(read(world.base, "psi_some_percent") == 12.0);
  CHECK(read(world.base, "psi_full_percent") == 3.0);
  CHECK(read(world.base, "on_battery") == 1.0);
  CHECK(read(world.base, "swap_used_bytes") == 4e9);
  world.base.memory->compressed = Bytes{4'000'000'000};
  CHECK(read(world.base, "memory_compressed_percent") == 25.0);
  CHECK(read(world.base, "battery_charge_percent") == 55.0);
}

TEST_CASE("one target is measured apart from all together") {
  World world;
  world.make_busy();
  const auto one = [&](const char* name) {
    Sample sample = world.base;
    for (const auto& [pid, target] : world.targets) sample.targets.push_back(target.sample);
    return read_metric(*find_metric(name), {sample, world.state});
  };
  CHECK(one("target_cpu_percent") == 0.0);
  CHECK(one("target_footprint_bytes") == 0.0);
  world.add_target(600, "photoanalysisd", 0.3);
  world.process(world.add_target(601, "mediaanalysisd", 0.5)).footprint = Bytes{2'000'000'000};
  world.config.rules.clear();
  world.run(5s);
  CHECK(*one("target_cpu_percent") == Approx(50).epsilon(0.05));
  CHECK(*one("targets_cpu_percent") == Approx(80).epsilon(0.05));
  CHECK(one("target_footprint_bytes") == 2e9);
}

TEST_CASE("the runners' share of performance cores is weighed by what each takes") {
  World world;
  world.start_llm(1);
  auto& runner = world.process_of(kRunner);
  runner.performance_cpu_time = Duration{};
  for (int i = 0; i < 8; ++i) {
    world.tick();
    world.pass(1s);
    *runner.performance_cpu_time += 750ms;
  }
  Sample sample = world.base;
  sample.workloads = {world.llm};
  const Metric& metric = *find_metric("runner_performance_cores_percent");
  CHECK(*read_metric(metric, {sample, world.state}) == Approx(75).epsilon(0.01));
  CHECK(metric.trips_low);
}

TEST_CASE("an impossible value is no reading") {
  World world;
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity(), -1.0, 1e18}) {
    world.set_used(bad);
    CHECK_FALSE(read(world.base, "memory_used_percent"));
    Rates rates;
    rates.swap_out = bad;
    CHECK_FALSE(read(world.base, "swap_out_bytes_per_s", rates));
  }
  world.base.thermal->hottest = MilliCelsius{900'000};
  CHECK_FALSE(read(world.base, "temperature_celsius"));
  world.base.thermal->level = 99;
  CHECK_FALSE(read(world.base, "thermal_level"));
}

TEST_CASE("values are written with their unit") {
  const auto text = [](const char* name, double value) {
    return value_text(*find_metric(name), value);
  };
  CHECK(text("swap_out_bytes_per_s", 38e6) == "38 MB/s");
  CHECK(text("swap_out_bytes_per_s", 1) == "1 B/s");
  CHECK(text("memory_used_percent", 62.4) == "62 %");
  CHECK(text("pressure_level", 1) == "warning");
  CHECK(text("thermal_level", 3) == "trapping");
  CHECK(text("targets_cpu_percent", 180) == "180 % of a core");
  CHECK(text("temperature_celsius", 9.5) == "9.5 °C");
}

TEST_CASE("the nearest problem of the sample says why a metric is unknown") {
  Sample sample;
  sample.problems = {{"thermal", "unsupported", "no thermal zones"},
                     {"thermal.level", "io", "zone 3 cannot be read"},
                     {"therm", "io", "something else"}};
  CHECK(unknown_text(*find_metric("thermal_level"), sample) == "zone 3 cannot be read");
  CHECK(unknown_text(*find_metric("temperature_celsius"), sample) == "no thermal zones");
  CHECK(unknown_text(*find_metric("on_battery"), sample) == "no reading");
}

TEST_CASE("every metric is in the schema and in the README of the config") {
  for (const char* file : {"m1opt.schema.json", "README.md"}) {
    const auto text = read_file(std::string(M1OPT_SOURCE_DIR "/config/") + file);
    REQUIRE(text);
    for (const auto& metric : metrics()) {
      INFO(file << " " << metric.name);
      CHECK(text->find(metric.name) != std::string::npos);
    }
  }
}
