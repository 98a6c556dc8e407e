#include "decide/tiers.h"

#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

namespace {

/// Ticks until the processes are raised; counts what is asked of the slow thread.
struct TierWorld : World {
  std::vector<TierRequest> asked;

  explicit TierWorld(std::optional<int> throughput = 0, std::optional<int> latency = 0) {
    config.priority.throughput_tier = throughput;
    config.priority.latency_tier = latency;
    start_llm(1);
  }
  void go(Duration d) {
    for (const Instant end = now + d; now < end; pass(1s)) {
      tick();
      asked.insert(asked.end(), last.tier_requests.begin(), last.tier_requests.end());
    }
  }
  void answer_all(TierResult result, std::optional<int> status = 0) {
    for (const auto& request : std::exchange(asked, {})) {
      add_outcome(TierOutcome{request, result, status, "taskpolicy exited with it"});
    }
  }
  [[nodiscard]] const WorkloadMember& runner() const { return last.workloads.front().processes[1]; }
};

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("without tiers in the config nothing is asked for") {
  TierWorld world(std::nullopt, std::nullopt);
  world.go(20s);
  CHECK(world.runner().raised);
  CHECK(world.asked.empty());
  CHECK_FALSE(world.runner().tiers);
}

TEST_CASE("tiers are asked for once, for what is raised and not before") {
  TierWorld world(0, std::nullopt);
  world.go(1s);
  while (!world.runner().raised) {
    CHECK(world.asked.empty());
    world.go(1s);
  }
  world.go(60s);
  REQUIRE(world.asked.size() == 2);
  CHECK(world.asked[1] == TierRequest{kRunner, "/opt/llama-server", "ollama", 0, std::nullopt});
  REQUIRE(world.runner().tiers);
  CHECK(world.runner().tiers->text == "being asked for");
  CHECK_FALSE(world.runner().tiers->exit_status);
  world.answer_all(TierResult::asked);
  world.go(2h);
  CHECK(world.asked.empty());
  CHECK(world.runner().tiers->exit_status == 0);
  CHECK(world.runner().tiers->throughput_tier == 0);
  CHECK_FALSE(world.runner().tiers->latency_tier);
  CHECK(has(world.said(EventKind::action_done), "throughput tier 0 llama-server (pid 501): taskpolicy exited"));
  CHECK(has(world.said(EventKind::action_done), "cannot be taken back"));
}

TEST_CASE("a process that may not be raised gets no tier") {
  TierWorld world;
  for (auto& member : world.llm.processes) member.may_raise = false;
  world.go(60s);
  CHECK(world.asked.empty());
  TierWorld paused;
  paused.go(3s);
  paused.command(PauseCommand{});
  paused.go(60s);
  CHECK(paused.asked.empty());
  TierWorld off;
  off.config.priority.enabled = false;
  off.go(60s);
  CHECK(off.asked.empty());
}

TEST_CASE("after a failure there is a wait, longer each time, and each is told") {
  TierWorld world(5, 5);
  world.go(30s);
  REQUIRE(world.asked.size() == 2);
  world.answer_all(TierResult::failed, 70);
  world.go(1s);
  CHECK(has(world.said(EventKind::action_failed), "not tried again for 60 s. A tier cannot be taken back"));
  CHECK(world.runner().tiers->exit_status == 70);
  world.go(58s);
  CHECK(world.asked.empty());
  world.go(5s);
  REQUIRE(world.asked.size() == 2);
  world.answer_all(TierResult::failed, 70);
  world.go(115s);
  CHECK(world.asked.empty());
  world.go(10s);
  CHECK(world.asked.size() == 2);
}

TEST_CASE("where the system has no tiers it is told once and never asked again") {
  TierWorld world;
  world.go(30s);
  world.answer_all(TierResult::unsupported, std::nullopt);
  world.go(1h);
  CHECK(world.asked.empty());
  CHECK(world.count(EventKind::action_failed) == 1);
}

TEST_CASE("a sample that misses the process does not make it new") {
  TierWorld world;
  world.go(30s);
  world.answer_all(TierResult::asked);
  world.go(1s);
  const auto kept = std::exchange(world.llm.processes, {});
  world.go(5s);
  world.llm.processes = kept;
  world.go(300s);
  CHECK(world.asked.empty());
  world.llm.processes[1].process.id.start += 1;  // another process by the same number
  world.llm.processes[1].process.nice = 0;
  world.go(60s);
  REQUIRE(world.asked.size() == 1);
  CHECK(world.asked[0].process == ProcessId{501, 5011});
}
