#include "wire/decode.h"

#include "model/config.h"
#include "support/catch.h"
#include "wire/encode.h"
#include "wire/text.h"

using namespace m1opt;
using namespace m1opt::model;
using namespace std::chrono_literals;

namespace {

template <class T>
std::string faults_of(const std::string& text, T into = {}) {
  std::string lines;
  for (const auto& fault : wire::decode(wire::parse_json(text).value(), into)) {
    lines += fault.path + ": " + fault.text + "\n";
  }
  return lines;
}

}  // namespace

TEST_CASE("missing keys keep the defaults") {
  LimitsConfig limits;
  limits.max_suspended = 7;
  CHECK(wire::decode(wire::parse_json(R"({"cooldown_s":1.5})").value(), limits).empty());
  CHECK(limits.cooldown == 1500ms);
  CHECK(limits.max_suspended == 7);
  CHECK(limits.passive == 60min);
}

TEST_CASE("an unknown key names its path and the nearest known key") {
  CHECK(faults_of<Config>(R"({"rules":[{"any":[{"all":[{"metrc":"x"}]}]}]})") ==
        "$.rules[0].any[0].all[0].metrc: unknown key \"metrc\"; did you mean \"metric\"?\n");
  CHECK(
      faults_of<Config>(R"({"a.b":1})").starts_with("$[\"a.b\"]: unknown key \"a.b\"; known here"));
}

TEST_CASE("a key with another unit is told the right one") {
  CHECK(faults_of<DetectorConfig>(R"({"hold_ms":5000})") ==
        "$.hold_ms: unknown key \"hold_ms\"; did you mean \"hold_s\" (seconds)?\n");
  CHECK(faults_of<DetectorConfig>(R"({"hold":5})") ==
        "$.hold: unknown key \"hold\"; did you mean \"hold_s\" (seconds)?\n");
  CHECK(
      faults_of<LimitsConfig>(R"({"duty_pct":5})") ==
      "$.duty_pct: unknown key \"duty_pct\"; did you mean \"duty_percent\" (percent, 0 to 100)?\n");
  CHECK(faults_of<DetectorConfig>(R"({"enter_mb":5})") ==
        "$.enter_mb: unknown key \"enter_mb\"; did you mean \"enter\"?\n");
}

TEST_CASE("a wrong type says what was expected and what was found") {
  CHECK(faults_of<LimitsConfig>(R"({"max_suspended":"3"})") ==
        "$.max_suspended: expected a whole number, found a string (\"3\")\n");
  CHECK(faults_of<LimitsConfig>(R"({"max_suspended":2.5})") ==
        "$.max_suspended: expected a whole number, found a number (2.5)\n");
  CHECK(faults_of<LimitsConfig>(R"({"passive_s":"1h"})") ==
        "$.passive_s: expected a number of seconds, found a string (\"1h\")\n");
  CHECK(faults_of<Config>(R"({"rules":{}})") == "$.rules: expected an array, found an object\n");
  CHECK(faults_of<Config>(R"([])") == "$: expected an object, found an array\n");
  CHECK(faults_of<PriorityConfig>(R"({"enabled":null})") ==
        "$.enabled: expected true or false, found null\n");
  CHECK(faults_of<TargetConfig>(R"({"name":true})") == "$.name: expected a string, found true\n");
}

TEST_CASE("an unknown word lists the known ones and the nearest") {
  CHECK(faults_of<TargetConfig>(R"({"mode":"suspnd"})") ==
        "$.mode: \"suspnd\" is none of suspend, background; did you mean \"suspend\"?\n");
}

TEST_CASE("numbers out of range are faults and not wrapped") {
  CHECK(faults_of<OllamaConfig>(R"({"port":4294967296})") ==
        "$.port: 4294967296 is out of range -2147483648 to 2147483647\n");
  CHECK(faults_of<OllamaConfig>(R"({"port":18446744073709551615})") ==
        "$.port: 18446744073709551615 is out of range -2147483648 to 2147483647\n");
  CHECK(faults_of<LimitsConfig>(R"({"passive_s":1e300})") ==
        "$.passive_s: 1e+300 s is out of range 0 to 1000000000\n");
  CHECK(faults_of<LimitsConfig>(R"({"passive_s":-1})") == "$.passive_s: -1 s is less than zero\n");
  CHECK(faults_of<DetectorConfig>(R"({"enter":1e999})") == "$.enter: is too large a number\n");
  CHECK(faults_of<Temperature>(R"({"value_celsius":1e30})") ==
        "$.value_celsius: 1e+30 is no temperature\n");
}

TEST_CASE("all faults are told, not only the first") {
  CHECK(faults_of<PriorityConfig>(R"({"enabled":1,"nice":"x","nicee":3})") ==
        "$.enabled: expected true or false, found a number (1)\n"
        "$.nice: expected a whole number, found a string (\"x\")\n"
        "$.nicee: unknown key \"nicee\"; did you mean \"nice\"?\n");
}

TEST_CASE("a process needs pid and start, both in range") {
  CHECK(faults_of<ProcessId>(R"({"pid":1})") == "$: needs both pid and start\n");
  CHECK(faults_of<ProcessId>(R"({"pid":0,"start":1})") ==
        "$.pid: 0 is out of range 1 to 2147483647\n");
  CHECK(faults_of<ProcessId>(R"({"pid":1,"start":-1})") ==
        "$.start: -1 is out of range 0 to 9223372036854775807\n");
  ProcessId id;
  CHECK(wire::decode(wire::parse_json(R"({"pid":9,"start":18446744073709551615})").value(), id)
            .empty());
  CHECK(id == ProcessId{9, 18446744073709551615ULL});
}

TEST_CASE("fractions of seconds come back exact") {
  for (const Duration d : {Duration(100ms), Duration(300ms), Duration(1us), Duration(59999999us)}) {
    Duration back{};
    CHECK(wire::decode(wire::encode(d), back).empty());
    CHECK(back == d);
  }
}

TEST_CASE("only real RFC 3339 times in UTC are read") {
  CHECK(to_rfc3339(*wire::parse_rfc3339("2024-02-29T23:59:59Z")) == "2024-02-29T23:59:59.000Z");
  for (const char* bad :
       {"", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-08-01T10:11:12",
        "2026-08-01 10:11:12Z", "2026-08-01T1x:11:12Z", "2026-08-01T10:11:12.Z",
        "9999-12-31T23:59:59Z", "1600-01-01T00:00:00Z"}) {
    INFO(bad);
    CHECK_FALSE(wire::parse_rfc3339(bad));
  }
}

TEST_CASE("a whole config survives the way out and back") {
  Config config;
  config.limits.cooldown = 12345ms;
  config.limits.duty = Percent(12.5);
  config.api.read = ReadAccess::group;
  WorkloadConfig& workload = config.workloads.emplace_back();
  workload.name = "w";
  workload.arguments = {"b c"};
  workload.raise = false;
  TargetConfig& target = config.targets.emplace_back();
  target.name = "t";
  target.executables = {"x", "y"};
  target.mode = TargetMode::suspend;
  target.max_suspend = 30s;
  RuleConfig& rule = config.rules.emplace_back();
  rule.name = "r";
  rule.needs = RuleNeeds::busy;
  rule.any.emplace_back().all.push_back({"m", 2.5, 1, 0s, 1ms});
  rule.ladder = {LadderStep::background, LadderStep::suspend_if_ineffective};
  Config back;
  CHECK(wire::decode(wire::encode(config), back).empty());
  CHECK(back == config);
}
