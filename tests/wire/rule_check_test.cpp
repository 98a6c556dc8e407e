#include "wire/rule_check.h"

#include <array>

#include "support/catch.h"
#include "wire/config_text.h"

using namespace m1opt;

namespace {

constexpr std::array<wire::KnownMetric, 5> kRuleMetrics{{{"pressure_level", false, 2, false},
                                                     {"memory_used_percent", false, 100, false},
                                                     {"temperature_celsius", false, 130, false},
                                                     {"swap_out_bytes_per_s", false, 1e12, true},
                                                     {"battery_charge_percent", true, 100, false}}};

std::string rule_faults_of(const std::string& text) {
  const auto result = wire::parse_config(text, "r.json", kRuleMetrics);
  return result ? "" : to_string(result.error());
}

/// One rule with one detector, or with what the row says instead of it.
std::string rule_with(const std::string& detector, const std::string& ladder = R"(["background"])") {
  return "{\"rules\": [{\"name\": \"r\",\n\"any\": [{\"all\": [\n{" + detector + "}\n]}],\n\"ladder\": " + ladder +
         "\n}]}";
}

/// What is told of it, without the file.
std::string told(const std::string& text) {
  const std::string fault = rule_faults_of(text);
  return fault.substr(std::min(fault.find(": ") + 2, fault.size()));
}

constexpr const char* kDetector = R"("metric": "memory_used_percent", "enter": 80, "exit": 75)";

}  // namespace

TEST_CASE("a rule that is right has no fault") {
  CHECK(rule_faults_of(rule_with(kDetector)).empty());
  CHECK(rule_faults_of(rule_with(kDetector, R"(["background", "suspend_if_ineffective"])")).empty());
  CHECK(rule_faults_of(rule_with(kDetector, R"(["suspend"])")).empty());
  CHECK(rule_faults_of(rule_with(R"("metric": "pressure_level", "enter": 2, "exit": 2)")).empty());
  CHECK(rule_faults_of(rule_with(R"("metric": "swap_out_bytes_per_s", "enter": 1, "exit": 1)")).empty());
  CHECK(rule_faults_of(rule_with(R"("metric": "battery_charge_percent", "enter": 20, "exit": 25)")).empty());
}

TEST_CASE("each way in which a detector can be wrong has its place and what to write instead") {
  struct Row {
    const char* detector;
    const char* fault;
  };
  const std::string at = "$.rules[0].any[0].all[0]";
  const Row rows[] = {
      // What it measures.
      {R"("metric": "memry_used_percent", "enter": 80, "exit": 75)",
       ".metric: unknown metric \"memry_used_percent\"; did you mean \"memory_used_percent\"?"},
      {R"("metric": "latency", "enter": 80, "exit": 75)",
       ".metric: unknown metric \"latency\"; known are pressure_level, memory_used_percent, "
       "temperature_celsius, swap_out_bytes_per_s, battery_charge_percent"},
      {R"("enter": 80, "exit": 75)",
       ".metric: unknown metric \"\"; known are pressure_level, memory_used_percent, "
       "temperature_celsius, swap_out_bytes_per_s, battery_charge_percent"},
      // Where it trips and clears.
      {R"("metric": "memory_used_percent", "enter": 75, "exit": 80)",
       ".exit: 80 is above enter (75); it must not be"},
      {R"("metric": "battery_charge_percent", "enter": 25, "exit": 20)",
       ".exit: 20 is not above enter (25); battery_charge_percent trips when it is low"},
      {R"("metric": "battery_charge_percent", "enter": 20, "exit": 20)",
       ".exit: 20 is not above enter (20); battery_charge_percent trips when it is low"},
      {R"("metric": "memory_used_percent", "enter": 80)",
       ".exit: memory_used_percent never falls below 0, so the rule would never clear"},
      {R"("metric": "battery_charge_percent", "enter": 20, "exit": 100)",
       ".exit: battery_charge_percent never rises above 100, so the rule would never clear"},
      {R"("metric": "memory_used_percent")",
       ".enter: 0 is always reached: memory_used_percent is never below 0"},
      {R"("metric": "memory_used_percent", "enter": 8000, "exit": 75)",
       ".enter: 8000 is never reached: memory_used_percent is 100 at the most"},
      {R"("metric": "pressure_level", "enter": 3, "exit": 2)",
       ".enter: 3 is never reached: pressure_level is 2 at the most"},
      {R"("metric": "temperature_celsius", "enter": 194, "exit": 180)",
       ".enter: 194 is never reached: temperature_celsius is 130 at the most"},
      {R"("metric": "battery_charge_percent", "enter": -1, "exit": 20)",
       ".enter: -1 is never reached: battery_charge_percent is never below 0"},
      {R"("metric": "swap_out_bytes_per_s", "enter": 20, "exit": 5)",
       ".enter: 20 bytes a second are next to nothing; did you mean 20000000 (20 MB/s)?"},
      {R"("metric": "memory_used_percent", "enter": "80 %", "exit": 75)",
       ".enter: expected a number, found a string (\"80 %\")"},
      // For how long.
      {R"("metric": "memory_used_percent", "enter": 80, "exit": 75, "hold_s": -5)",
       ".hold_s: -5 s is less than zero"},
      {R"("metric": "memory_used_percent", "enter": 80, "exit": 75, "hold_s": 5000)",
       ".hold_s: 5000 s is out of range 0 to 3600"},
      {R"("metric": "memory_used_percent", "enter": 80, "exit": 75, "exit_hold_s": 30000)",
       ".exit_hold_s: 30000 s is out of range 0 to 3600"},
      {R"("metric": "memory_used_percent", "enter": 80, "exit": 75, "hold_s": "5s")",
       ".hold_s: expected a number of seconds, found a string (\"5s\")"},
      // What it is called.
      {R"("metric": "memory_used_percent", "enter": 80, "exit": 75, "hold_ms": 5000)",
       ".hold_ms: unknown key \"hold_ms\"; did you mean \"hold_s\" (seconds)?"},
      {R"("metric": "memory_used_percent", "enter": 80, "exit": 75, "hold": 5)",
       ".hold: unknown key \"hold\"; did you mean \"hold_s\" (seconds)?"},
      {R"("metrc": "memory_used_percent", "enter": 80, "exit": 75)",
       ".metrc: unknown key \"metrc\"; did you mean \"metric\"?"},
  };
  for (const Row& row : rows) CHECK(told(rule_with(row.detector)) == at + row.fault);
}

TEST_CASE("each way in which a ladder can be wrong names the step") {
  struct Row {
    const char* ladder;
    const char* fault;
  };
  const Row rows[] = {
      {"[]", ": must hold at least one step"},
      {R"(["suspend", "background"])",
       "[1]: \"background\" comes first: what is stopped cannot be slowed down"},
      {R"(["report", "background"])", "[0]: \"report\" stands alone: a rule that acts is told anyhow"},
      {R"(["background", "report"])", "[1]: \"report\" stands alone: a rule that acts is told anyhow"},
      {R"(["background", "background"])", "[1]: \"background\" is there already"},
      {R"(["background", "suspend", "suspend_if_ineffective"])",
       "[2]: \"suspend\" and \"suspend_if_ineffective\" exclude each other"},
      {R"(["suspend_if_ineffective"])", "[0]: \"suspend_if_ineffective\" needs \"background\" before it"},
      {R"(["backgrond"])", "[0]: \"backgrond\" is none of report, background, suspend, suspend_if_ineffective, pause_workload, unload_idle_models, stop_backup; did you mean \"background\"?"},
      {R"("background")", ": expected an array, found a string (\"background\")"},
      {R"(["background", "pause_workload"])",
       "[1]: \"pause_workload\" stands alone: it needs a rule of its own"},
      {R"(["unload_idle_models", "suspend"])",
       "[0]: \"unload_idle_models\" stands alone: it needs a rule of its own"},
      {R"(["stop_backup", "background"])", "[0]: \"stop_backup\" stands alone: it needs a rule of its own"},
  };
  for (const Row& row : rows) CHECK(told(rule_with(kDetector, row.ladder)) == std::string("$.rules[0].ladder") + row.fault);
}

TEST_CASE("a fault stands at the line and column of what is wrong") {
  CHECK(rule_faults_of(rule_with(R"("metric": "memory_used_percent", "enter": 80, "exit": 90)"))
            .starts_with("r.json:3:56: "));
  CHECK(rule_faults_of(rule_with(kDetector, R"(["suspend", "background"])")).starts_with("r.json:5:23: "));
}

TEST_CASE("each way in which a row of rules can be wrong has its place") {
  const std::string good = R"("any": [{"all": [{"metric": "pressure_level", "enter": 2, "exit": 2}]}], "ladder": ["report"])";
  const auto rules = [](const std::string& rows) { return "{\"rules\": [" + rows + "]}"; };
  struct Row {
    std::string rows;
    const char* fault;
  };
  const Row rows[] = {
      {"{" + good + "}", "$.rules[0].name: must not be empty"},
      {R"({"name": "a", )" + good + R"(}, {"name": "a", )" + good + "}",
       "$.rules[1].name: another row is named \"a\" already"},
      {R"({"name": "a", "needs": "busi", )" + good + "}",
       "$.rules[0].needs: \"busi\" is none of nothing, resident_or_busy, busy; did you mean \"busy\"?"},
      {R"({"name": "a", "any": [], "ladder": ["report"]})",
       "$.rules[0].any: must hold at least one group of detectors"},
      {R"({"name": "a", "any": [{"all": []}], "ladder": ["report"]})",
       "$.rules[0].any[0].all: must hold at least one detector"},
      {R"({"name": "a", "any": [{}], "ladder": ["report"]})",
       "$.rules[0].any[0].all: must hold at least one detector"},
      {R"({"name": "a", "any": [{"all": [{"metric": "pressure_level", "enter": 2, "exit": 2}]}]})",
       "$.rules[0].ladder: must hold at least one step"},
      {R"({"name": "contention", )" + good + R"(}, {"name": "contentoin", "enabled": false})",
       "$.rules[1].any: must hold at least one group of detectors; did you mean the row \"contention\"?"},
      {R"({"name": "a", "enable": false, )" + good + "}",
       "$.rules[0].enable: unknown key \"enable\"; did you mean \"enabled\"?"},
  };
  for (const Row& row : rows) CHECK(told(rules(row.rows)) == row.fault);
}

TEST_CASE("a target whose name is wrong in a drop-in is told which row may be meant") {
  const std::vector<wire::ConfigSource> sources{
      {"m1opt.json", R"({"targets": [{"name": "photoanalysisd", "executables": ["photoanalysisd"]}]})"},
      {"conf.d/10.json", R"({"targets": [{"name": "photoanalysid", "mode": "background"}]})"}};
  const auto result = wire::parse_config(sources, kRuleMetrics);
  REQUIRE_FALSE(result);
  CHECK(to_string(result.error()) ==
        "conf.d/10.json:1:14: $.targets[0].executables: must name at least one executable; did you mean "
        "the row \"photoanalysisd\"?");
}

TEST_CASE("a scope names targets that there are, and no negative amounts") {
  const auto fault = [](const std::string& scope) {
    return told("{\"targets\": [{\"name\": \"photoanalysisd\", \"executables\": [\"photoanalysisd\"]}],"
                "\"rules\": [{\"name\": \"r\", \"any\": [{\"all\": [{" + std::string(kDetector) +
                "}]}], \"ladder\": [\"background\"], \"scope\": " + scope + "}]}");
  };
  CHECK(fault(R"({"targets": ["photoanalysisd"], "cpu_percent": 5, "footprint_bytes": 1000})").empty());
  CHECK(fault(R"({"targets": ["photoanalysis"]})") ==
        "$.rules[0].scope.targets[0]: no target is named \"photoanalysis\"; did you mean \"photoanalysisd\"?");
  CHECK(fault(R"({"cpu_percent": -1})") == "$.rules[0].scope.cpu_percent: must not be negative");
  CHECK(fault(R"({"footprint_bytes": -1})") == "$.rules[0].scope.footprint_bytes: must not be negative");
}
