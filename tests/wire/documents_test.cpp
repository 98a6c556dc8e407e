#include "wire/documents.h"

#include <algorithm>

#include "support/catch.h"
#include "wire/encode.h"
#include "wire/schema.h"
#include "wire/text.h"

using namespace m1opt;
using namespace m1opt::model;
using namespace std::chrono_literals;

namespace {

Event event(const std::string& id, const std::string& rule, const std::string& target) {
  Event made;
  made.id = id;
  made.rule = rule;
  made.target = target;
  made.text = "text of " + id;
  return made;
}

Snapshot snapshot() {
  Snapshot made;
  RuleStatus& rule = made.rules.emplace_back();
  rule.name = "swap";
  rule.why = "because";
  rule.tripped = true;
  rule.text = "swap-out 38 MB/s";
  DetectorStatus detector;
  detector.metric = "swap.out_rate";
  detector.enter = 20;
  detector.exit = 5;
  detector.distance = "swap-out 8 MB/s: 12 MB/s below 20 MB/s; trips after 5 s there";
  rule.any = {{detector}};
  rule.needs = RuleNeeds::busy;
  rule.ladder = {LadderStep::background};
  TargetStatus& target = made.targets.emplace_back();
  target.name = "indexer";
  target.mode = TargetMode::suspend;
  TargetProcess& process = target.processes.emplace_back();
  process.id = {812, 5};
  process.name = "tracker";
  process.why = "held by swap";
  target.refused.push_back({"indexer", {9, 9}, "tracker", "it is a stranger's"});
  HoldStatus& hold = made.status.holds.emplace_back();
  hold.target = "indexer";
  hold.rule = "swap";
  hold.process = {812, 5};
  hold.kind = ActionKind::suspend;
  hold.held = 4s;
  hold.remaining = 56s;
  hold.reason = "swap-out";
  hold.effective = false;
  return made;
}

const std::vector<Event> kEvents{event("1.1", "swap", ""), event("1.2", "", "indexer"),
                                 event("1.3", "other", "else"), event("1.4", "swap", "indexer")};

bool has(const std::vector<std::string>& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

}  // namespace

TEST_CASE("health is degraded by an error, warned by a warning, ok otherwise") {
  Snapshot made;
  CHECK(wire::make_health(made).status == wire::HealthState::ok);
  made.status.health = {{Severity::info, "a", ""}, {Severity::warning, "b", "c"}};
  CHECK(wire::make_health(made).status == wire::HealthState::warning);
  made.status.health.insert(made.status.health.begin(), {Severity::error, "d", "e"});
  CHECK(wire::make_health(made).status == wire::HealthState::degraded);
}

TEST_CASE("an event is explained with its rule, its target, the hold and what else happened") {
  const auto explained = wire::explain_event("1.4", snapshot(), kEvents);
  REQUIRE(explained);
  CHECK(explained->rule->name == "swap");
  CHECK(explained->target->name == "indexer");
  CHECK(explained->holds.size() == 1);
  REQUIRE(explained->events.size() == 2);
  CHECK(explained->events[0].id == "1.1");
  CHECK(explained->lines.front() == "text of 1.4");
  CHECK(has(explained->lines, "What follows is how it stands now, not how it was then"));
  CHECK(has(explained->lines, "swap is tripped, but what it needs is not there"));
  CHECK(has(explained->lines, "indexer pid 812: suspend for 4 s, at most 56 s more: swap-out"));
  CHECK_FALSE(wire::explain_event("9.9", snapshot(), kEvents));
}

TEST_CASE("a target is explained process by process, the ones left alone too") {
  const auto explained = wire::explain_target("indexer", snapshot(), kEvents);
  REQUIRE(explained);
  CHECK(has(explained->lines, "indexer: 1 matched, 1 left alone; may be suspended"));
  CHECK(has(explained->lines, "tracker pid 812 (running, CPU not measured yet): held by swap"));
  CHECK(has(explained->lines, "tracker pid 9 is left alone: it is a stranger's"));
  CHECK(has(explained->lines, "That hold has no effect: its CPU share did not fall"));
  CHECK(explained->events.size() == 2);
  CHECK_FALSE(wire::explain_target("nobody", snapshot(), kEvents));
}

TEST_CASE("a process that may be one of a crowd is not said to be none of a workload's") {
  wire::ProcessFacts process;
  process.id = {4000, 1};
  process.name = "llama-server";
  Snapshot made = snapshot();
  CHECK(wire::explain_process(process, made, {}).lines.back().starts_with("It is nothing to m1opt"));
  made.status.workloads.emplace_back().name = "llama-server";
  made.status.workloads.back().unlisted = 12;
  CHECK(wire::explain_process(process, made, {}).lines.back() ==
        "It is not listed as part of anything, so it is never touched; of llama-server more processes run than "
        "are listed");
}

TEST_CASE("a rule is explained with each detector, an unknown reading as unknown") {
  const auto explained = wire::explain_rule("swap", snapshot(), kEvents);
  REQUIRE(explained);
  CHECK(has(explained->lines, "swap-out 8 MB/s: 12 MB/s below 20 MB/s; trips after 5 s there; quiet for 0 s"));
  CHECK(has(explained->lines, "It acts while a workload is busy; now that is not so"));
  CHECK_FALSE(wire::explain_rule("", snapshot(), kEvents));
}

TEST_CASE("detectors of one group are joined by and, groups by or") {
  Snapshot made = snapshot();
  auto& any = made.rules[0].any;
  any.push_back({any[0][0], any[0][0]});
  const auto explained = wire::explain_rule("swap", made, kEvents);
  REQUIRE(explained);
  const auto starts = [&](const std::string& text) {
    return std::count_if(explained->lines.begin(), explained->lines.end(),
                         [&](const std::string& line) { return line.starts_with(text); });
  };
  CHECK(starts("swap-out 8 MB/s: ") == 1);
  CHECK(starts("or swap-out 8 MB/s: ") == 1);
  CHECK(starts("and swap-out 8 MB/s: ") == 1);
}

TEST_CASE("a target that nothing holds is told what would have to change") {
  Snapshot made = snapshot();
  made.status.holds.clear();
  made.rules[0].tripped = false;
  const auto explained = wire::explain_target("indexer", made, kEvents);
  REQUIRE(explained);
  const std::string distance = "swap-out 8 MB/s: 12 MB/s below 20 MB/s; trips after 5 s there";
  const std::string need = "; it acts while a workload is busy, which is not so now";
  CHECK(has(explained->lines, "Not by swap: " + distance + need));
  auto& any = made.rules[0].any;
  any.push_back({any[0][0], any[0][0]});
  CHECK(has(wire::explain_target("indexer", made, kEvents)->lines,
            "Not by swap: " + distance + "; or " + distance + "; and " + distance + need));
  any.pop_back();
  made.rules[0].needs = RuleNeeds::nothing;
  CHECK(has(wire::explain_target("indexer", made, kEvents)->lines, "Not by swap: " + distance));
  made.rules[0].ladder = {LadderStep::report};
  CHECK_FALSE(has(wire::explain_target("indexer", made, kEvents)->lines, "Not by swap: " + distance));
}

TEST_CASE("any process is told what it is: a target, left alone, a workload's, protected, m1opt's, or nothing") {
  Snapshot made = snapshot();
  made.status.pid = 77;
  made.status.workloads.emplace_back().name = "ollama";
  made.status.workloads[0].state = WorkloadState::busy;
  made.status.workloads[0].state_source = "a lease";
  WorkloadMember& member = made.status.workloads[0].processes.emplace_back();
  member.id = {500, 1};
  member.not_raised = "priority is off in the config";
  const auto lines = [&](ProcessId id, const std::string& protection = "") {
    return wire::explain_process({id, "prog", 1000, protection}, made, kEvents).lines;
  };
  CHECK(has(lines({812, 5}), "pid 812 is prog, of uid 1000"));
  CHECK(has(lines({812, 5}), "It is a process of the target indexer, which may be suspended"));
  CHECK(has(lines({812, 5}), "held by swap"));
  CHECK(has(lines({812, 5}), "Held: suspend for 4 s, at most 56 s more: swap-out"));
  CHECK(has(lines({9, 9}), "It has the name of the target indexer and is left alone: it is a stranger's"));
  CHECK(has(lines({500, 1}), "It is part of the workload ollama, which is busy: a lease"));
  CHECK(has(lines({500, 1}), "Its priority is not raised: priority is off in the config"));
  CHECK(has(lines({20, 1}, "it is the login service"),
            "It is never touched, whatever the configuration says: it is the login service"));
  CHECK(has(lines({77, 1}), "It is m1opt itself"));
  const std::string nothing =
      "It is nothing to m1opt: neither part of a workload nor of any target, so it is never touched";
  CHECK(has(lines({21, 1}), nothing));
  // A number that another process has now.
  CHECK(has(lines({812, 6}), nothing));
}

TEST_CASE("a self-test passes only when there are steps and each passed") {
  CHECK_FALSE(wire::make_self_test({}).passed);
  CHECK(wire::make_self_test({{"a", true, ""}}).passed);
  CHECK_FALSE(wire::make_self_test({{"a", true, ""}, {"b", false, ""}}).passed);
}

TEST_CASE("a schema has every key that the document has") {
  const auto document = wire::encode(StatusDocument{});
  const auto schema = wire::schema_of<StatusDocument>();
  const auto& properties = schema.at("properties").as_object();
  CHECK(properties.size() == document.as_object().size());
  for (const auto& member : document.as_object()) CHECK(properties.contains(member.key()));
  CHECK(wire::to_text(properties.at("mode").at("enum")) ==
        R"(["active","paused","passive","dry_run","sysroot","safe","observing"])");
  CHECK(wire::to_text(properties.at("age_s")) == R"({"type":"number","description":"seconds"})");
  CHECK(
      wire::to_text(properties.at("memory").at("anyOf").at(0).at("properties").at("wired_bytes")) ==
      R"({"anyOf":[{"type":"integer"},{"type":"null"}]})");
}
