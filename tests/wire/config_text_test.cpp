#include "wire/config_text.h"

#include <array>

#include "support/catch.h"
#include "wire/config_merge.h"
#include "wire/encode.h"
#include "wire/text.h"

using namespace m1opt;
using namespace m1opt::model;
using namespace std::chrono_literals;

namespace {

constexpr std::array<wire::KnownMetric, 3> kMetrics{
    {{"pressure.level"}, {"swap.out_rate"}, {"battery.charge", true}}};

std::string faults_of(const std::string& text) {
  const auto result = wire::parse_config(text, "m1opt.json", kMetrics);
  return result ? "" : to_string(result.error());
}

std::string faults_of(const std::vector<wire::ConfigSource>& sources) {
  const auto result = wire::parse_config(sources, kMetrics);
  return result ? "" : to_string(result.error());
}

constexpr const char* kGood = R"(// the shipped default
{
  "$schema": "m1opt.schema.json",
  "limits": {"cooldown_s": 30}, /* half */
  "targets": [
    {"name": "indexer", "executables": ["tracker-miner-fs-3"], "mode": "suspend"},
    {"name": "updatedb", "executables": ["updatedb"]},
  ],
  "rules": [
    {
      "name": "critical",
      "any": [{"all": [{"metric": "pressure.level", "enter": 2, "exit": 1}]}],
      "ladder": ["background", "suspend"],
    },
  ],
}
)";

}  // namespace

TEST_CASE("comments and trailing commas are allowed, absent keys keep their defaults") {
  const auto config = wire::parse_config(kGood, "m1opt.json", kMetrics);
  REQUIRE(config.has_value());
  CHECK(config->limits.cooldown == 30s);
  CHECK(config->limits.max_suspended == 3);
  CHECK(config->targets.size() == 2);
  CHECK(config->rules.at(0).any.at(0).all.at(0).hold == 5s);
}

TEST_CASE("a fault is printed as file:line:column: path: text") {
  CHECK(faults_of("{\n  \"limits\": {\n    \"cooldwn_s\": 3\n  }\n}") ==
        "m1opt.json:3:5: $.limits.cooldwn_s: unknown key \"cooldwn_s\"; did you mean "
        "\"cooldown_s\"?");
  CHECK(faults_of("{\"limits\": {\"cooldown_ms\": 3}}") ==
        "m1opt.json:1:13: $.limits.cooldown_ms: unknown key \"cooldown_ms\"; did you mean "
        "\"cooldown_s\" (seconds)?");
  CHECK(faults_of("{\"limits\":\n {\"cooldown_s\": \"3\"}}") ==
        "m1opt.json:2:17: $.limits.cooldown_s: expected a number of seconds, found a string "
        "(\"3\")");
}

TEST_CASE("a file that is cut off says so at its end") {
  const std::string text = kGood;
  CHECK(faults_of(text.substr(0, text.find("30}"))) ==
        "m1opt.json:4:28: $: it ends too early: is it cut off?");
  CHECK(faults_of("") == "m1opt.json:1:1: $: it is empty");
  CHECK(faults_of("{\n  \"limits\": {,}\n}") == "m1opt.json:2:14: $: syntax error at: ,}");
  CHECK(faults_of("[]") == "m1opt.json:1:1: $: expected an object, found an array");
}

TEST_CASE("a key that is given twice is a fault and not the last one's win") {
  CHECK(faults_of("{\"limits\": {},\n \"limits\": {}}") ==
        "m1opt.json:2:2: $.limits: is given twice");
}

TEST_CASE("every fault of values has its path and place") {
  struct Row {
    const char* text;
    const char* fault;
  };
  const Row rows[] = {
      {R"({"rules":[{"name":"r","ladder":["report"],"any":[{"all":[{"metric":"pressure.levl"}]}]}]})",
       "m1opt.json:1:68: $.rules[0].any[0].all[0].metric: unknown metric \"pressure.levl\"; did "
       "you "
       "mean \"pressure.level\"?"},
      {R"({"rules":[{"name":"r","ladder":["report"],"any":[{"all":[{"metric":"swap.out_rate","enter":1,"exit":2}]}]}]})",
       "m1opt.json:1:101: $.rules[0].any[0].all[0].exit: 2 is above enter (1); it must not be"},
      {R"({"rules":[{"name":"r","ladder":["report"],"any":[{"all":[{"metric":"battery.charge","enter":20,"exit":10}]}]}]})",
       "m1opt.json:1:103: $.rules[0].any[0].all[0].exit: 10 is not above enter (20); battery.charge "
       "trips when it is low"},
      {R"({"limits":{"renewal_s":0}})",
       "m1opt.json:1:24: $.limits.renewal_s: must be more than 0 seconds"},
      {R"({"targets":[{"name":"a","executables":["a"],"vanish_limit":0}]})",
       "m1opt.json:1:60: $.targets[0].vanish_limit: 0 is out of range 1 to 1000"},
      {R"({"rules":[{"name":"r","ladder":["report"],"any":[{"all":[]}]}]})",
       "m1opt.json:1:57: $.rules[0].any[0].all: must hold at least one detector"},
      {R"({"rules":[{"name":"r","ladder":[],"any":[{"all":[{"metric":"swap.out_rate","enter":2,"exit":1}]}]}]})",
       "m1opt.json:1:32: $.rules[0].ladder: must hold at least one step"},
      {R"({"rules":[{"name":"r","ladder":["report"]}]})",
       "m1opt.json:1:11: $.rules[0].any: must hold at least one group of detectors"},
      {R"({"sampling":{"busy_period_s":0}})",
       "m1opt.json:1:30: $.sampling.busy_period_s: must be more than 0 seconds"},
      {R"({"targets":[{"name":"","executables":["x"]}]})",
       "m1opt.json:1:21: $.targets[0].name: must not be empty"},
      {R"({"targets":[{"name":"a","executables":["x"]},{"name":"a","executables":["y"]}]})",
       "m1opt.json:1:54: $.targets[1].name: another row is named \"a\" already"},
      {R"({"targets":[{"name":"a"}]})",
       "m1opt.json:1:13: $.targets[0].executables: must name at least one executable"},
      {R"({"targets":[{"name":"a","executables":["x",""]}]})",
       "m1opt.json:1:44: $.targets[0].executables[1]: must not be empty"},
      {R"({"ollama":{"port":65536}})",
       "m1opt.json:1:19: $.ollama.port: 65536 is out of range 1 to 65535"},
      {R"({"ollama":{"host":"example.org"}})",
       "m1opt.json:1:19: $.ollama.host: must be this machine: 127.0.0.1, ::1 or localhost"},
      {R"({"limits":{"max_suspended":-1}})",
       "m1opt.json:1:28: $.limits.max_suspended: -1 is out of range 0 to 1000000"},
      {R"({"limits":{"duty_percent":101}})",
       "m1opt.json:1:27: $.limits.duty_percent: 101 is out of range 0 to 100"},
      {R"({"priority":{"nice":-21}})",
       "m1opt.json:1:21: $.priority.nice: -21 is out of range -20 to 19"},
      {R"({"priority":{"latency_tier":6}})",
       "m1opt.json:1:29: $.priority.latency_tier: 6 is out of range 0 to 5: 0 is the best tier, 5 "
       "the worst, anything above 0 slows the workload down, and none can be taken back"},
      {R"({"api":{"max_connections":4097}})",
       "m1opt.json:1:27: $.api.max_connections: 4097 is out of range 1 to 4096"},
  };
  for (const Row& row : rows) CHECK(faults_of(row.text) == row.fault);
}

TEST_CASE("an overlay changes one key of a named row and adds rows, other lists are replaced") {
  const std::vector<wire::ConfigSource> sources{{"m1opt.json", kGood},
                                                {"conf.d/10.json",
                                                 R"({"limits": {"max_suspended": 1},
           "targets": [{"name": "indexer", "mode": "background"},
                       {"name": "mine", "executables": ["hog"]}],
           "rules": [{"name": "critical", "ladder": ["report"]}]})"}};
  const auto config = wire::parse_config(sources, kMetrics);
  REQUIRE(config.has_value());
  CHECK(config->limits.cooldown == 30s);
  CHECK(config->limits.max_suspended == 1);
  REQUIRE(config->targets.size() == 3);
  CHECK(config->targets[0].mode == TargetMode::background);
  CHECK(config->targets[0].executables == std::vector<std::string>{"tracker-miner-fs-3"});
  CHECK(config->targets[2].name == "mine");
  CHECK(config->rules.at(0).ladder == std::vector<LadderStep>{LadderStep::report});
  CHECK(config->rules.at(0).any.size() == 1);
}

TEST_CASE("a fault of the merged whole is laid to the file that wrote it") {
  CHECK(faults_of({{"m1opt.json", kGood},
                   {"conf.d/10.json",
                    "{\"targets\": [{\"name\": \"x\", \"executables\": [\"y\"]},\n"
                    "  {\"name\": \"updatedb\", \"executables\": []}]}"}}) ==
        "conf.d/10.json:2:39: $.targets[1].executables: must name at least one executable");
  CHECK(faults_of(
            {{"m1opt.json", kGood}, {"conf.d/10.json", "{\"targets\": [{\"name\": \"new\"}]}"}}) ==
        "conf.d/10.json:1:14: $.targets[0].executables: must name at least one executable");
  CHECK(faults_of({{"a.json", "{\"limits\": {\"duty_percent\": 500}}"},
                   {"b.json", "{\"limits\": {\"max_suspended\": 1}}"}}) ==
        "a.json:1:29: $.limits.duty_percent: 500 is out of range 0 to 100");
  CHECK(faults_of({{"a.json", kGood},
                   {"b.json",
                    "{\"targets\": [{\"name\": \"q\", \"executables\": [\"y\"]},\n"
                    "{\"name\": \"q\", \"executables\": [\"y\"]}]}"}}) ==
        "b.json:2:10: $.targets[1].name: another row is named \"q\" already");
}

TEST_CASE("the faults of all files are told") {
  CHECK(faults_of({{"a.json", "{"}, {"b.json", "{\"nope\": 1}"}})
            .starts_with("a.json:1:2: $: it ends too early: is it cut off?\n"
                         "b.json:1:2: $.nope: unknown key \"nope\""));
}

TEST_CASE("the effective config is text that reads back as the same") {
  const auto config = wire::parse_config(kGood, "m1opt.json", kMetrics).value();
  const std::string text = wire::config_to_text(config);
  CHECK(wire::parse_config(text, "out", kMetrics).value() == config);
}

TEST_CASE("merging leaves both sides as they were") {
  const auto base =
      wire::parse_json(R"({"a":{"b":1,"c":[1]},"targets":[{"name":"x","n":1}]})").value();
  const auto over =
      wire::parse_json(R"({"a":{"c":[2]},"targets":[{"name":"y"},{"name":"x","n":2}]})").value();
  CHECK(wire::to_text(wire::merge_config(base, over)) ==
        R"({"a":{"b":1,"c":[2]},"targets":[{"name":"x","n":2},{"name":"y"}]})");
}
