#include "sense/slots.h"

#include <algorithm>

#include "sense/sampler_rig.h"
#include "support/catch.h"

namespace m1opt::sense {

TEST_CASE("whether a request runs is known when every runner has said so lately") {
  SamplerFixture f;
  f.table.start(100, 1, "/usr/bin/ollama", {"ollama", "serve"}, kOwnUser);
  f.table.start(101, 100, "/usr/bin/llama-server", {"llama-server", "--port", "41000"}, kOwnUser);
  auto sampler = f.make();
  auto sample = f.take(sampler);
  const auto* ollama = workload(sample, "ollama");
  REQUIRE(ollama != nullptr);
  CHECK_FALSE(ollama->request_running);
  CHECK(problem(sample, "workloads.ollama.slots")->text == "not asked yet");
  const auto runner = std::find_if(ollama->processes.begin(), ollama->processes.end(),
                                   [](const auto& member) { return member.runner; });
  REQUIRE(runner != ollama->processes.end());
  CHECK(runner->port == 41000);
  RunnerReport report;
  report.process = runner->process.id;
  report.taken = f.clock.now();
  report.slots.emplace().push_back({report.process, 0, false, -1, {}});
  sampler.set_runner_report(report);
  f.clock.advance(std::chrono::seconds(3));
  sample = f.take(sampler);
  ollama = workload(sample, "ollama");
  CHECK(ollama->request_running == false);
  CHECK(ollama->slots_age == std::chrono::seconds(3));
  CHECK(ollama->slots.size() == 1);
  f.clock.advance(std::chrono::seconds(13));
  sample = f.take(sampler);
  CHECK_FALSE(workload(sample, "ollama")->request_running);
  CHECK(problem(sample, "workloads.ollama.slots")->text == "its last answer is 16 s old");
  report.taken = f.clock.now();
  report.slots->front().processing = true;
  sampler.set_runner_report(report);
  sample = f.take(sampler);
  CHECK(workload(sample, "ollama")->request_running == true);
}

TEST_CASE("a process that a runner forked is no server of its own") {
  SamplerFixture f;
  const std::vector<std::string> arguments{"llama-server", "--port", "41000"};
  f.table.start(100, 1, "/usr/bin/llama-server", arguments, kOwnUser);
  f.table.start(101, 100, "/usr/bin/llama-server", arguments, kOwnUser);
  f.table.start(102, 1, "/usr/bin/llama-server", {"llama-server", "--port", "41001"}, kOwnUser);
  auto sampler = f.make();
  const auto sample = f.take(sampler);
  const auto* server = workload(sample, "llama-server");
  REQUIRE(server != nullptr);
  std::vector<std::int32_t> asked;
  for (const auto* own : own_servers(*server)) asked.push_back(own->process.id.pid);
  std::sort(asked.begin(), asked.end());
  CHECK(asked == std::vector<std::int32_t>{100, 102});
}

TEST_CASE("a stranger's runner is not asked, whatever its arguments say") {
  SamplerFixture f;
  f.table.start(100, 1, "/home/eve/llama-server", {"llama-server", "--port", "22"}, 1234);
  auto sampler = f.make();
  const auto sample = f.take(sampler);
  REQUIRE(workload(sample, "llama-server")->processes.size() == 1);
  CHECK_FALSE(workload(sample, "llama-server")->processes.front().port);
}

}  // namespace m1opt::sense
