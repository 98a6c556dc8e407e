#include <algorithm>

#include "sense/sampler_rig.h"
#include "support/catch.h"

namespace m1opt::sense {

TEST_CASE("every configured workload is in the sample, running or not") {
  SamplerFixture f;
  auto sampler = f.make();
  const auto sample = f.take(sampler);
  REQUIRE(sample.workloads.size() == 3);
  CHECK(workload(sample, "ollama")->processes.empty());
  CHECK_FALSE(workload(sample, "ollama")->models.has_value());
  CHECK(sample.process_count == 3);
}

TEST_CASE("only root, the own user, administrators and listed accounts are raised") {
  SamplerFixture f;
  struct Row {
    std::uint32_t uid;
    bool may;
  };
  const std::vector<Row> rows{{0, true}, {kOwnUser, true}, {501, true}, {998, true}, {2000, false}};
  std::int32_t pid = 100;
  for (const auto& row : rows)
    f.table.start(pid++, 1, "/usr/bin/ollama", {"ollama", "serve"}, row.uid);
  f.table.start(pid, 1, "/home/x/llama-server", {"llama-server"}, 998);
  auto sampler = f.make();
  const auto sample = f.take(sampler);
  const auto& processes = workload(sample, "ollama")->processes;
  REQUIRE(processes.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    INFO("uid " << rows[i].uid);
    CHECK(processes[i].may_raise == rows[i].may);
    CHECK(processes[i].why_not.empty() == rows[i].may);
  }
  // The account is listed for ollama, not for llama-server: a stranger's stays as it is.
  REQUIRE(workload(sample, "llama-server")->processes.size() == 1);
  CHECK_FALSE(workload(sample, "llama-server")->processes[0].may_raise);
}

TEST_CASE("account look-ups are remembered for five minutes and not across groups") {
  SamplerFixture f;
  f.table.start(100, 1, "/usr/bin/llama-server", {}, 2000);
  auto sampler = f.make();
  for (int i = 0; i < 10; ++i) f.take(sampler);
  CHECK(f.asked == 1);
  f.clock.advance(std::chrono::minutes(5));
  f.take(sampler);
  CHECK(f.asked == 2);
  f.config.api.group = "wheel";
  f.take(sampler);
  CHECK(f.asked == 3);
}

TEST_CASE("targets are reported with their row and mode") {
  SamplerFixture f;
  f.table.start(100, 1, "/home/me/photoanalysisd", {}, kOwnUser);
  f.table.start(101, 1, "/usr/sbin/updatedb", {}, 0);
  auto sampler = f.make();
  const auto sample = f.take(sampler);
  REQUIRE(sample.targets.size() == 2);
  CHECK(sample.targets[0].target == "photoanalysisd");
  CHECK(sample.targets[0].mode == TargetMode::suspend);
  CHECK(sample.targets[0].process.executable == "/home/me/photoanalysisd");
  CHECK(sample.targets[0].process.uid == kOwnUser);
  CHECK_FALSE(sample.targets[0].waited.has_value());
  CHECK(sample.targets[1].mode == TargetMode::background);
  CHECK(sample.refused.empty());
}

TEST_CASE("whatever is refused is named with one reason and is no target") {
  SamplerFixture f;
  TargetConfig wide;
  wide.name = "wide";
  wide.executables = {"*/*"};
  f.config.targets = {wide};
  f.table.start(60, kOwnPid, "/opt/guardian", {}, kOwnUser);
  f.table.start(100, 1, "/usr/lib/systemd/systemd-journald", {}, 0);
  f.table.start(101, 1, "/usr/bin/ollama", {"ollama", "serve"}, kOwnUser);
  f.table.start(102, 101, "/usr/bin/cat", {}, kOwnUser);
  f.table.start(103, 1, "/usr/bin/service", {}, 0);
  f.table.processes.at(103).watchdog = true;
  f.table.start(104, 1, "/usr/bin/Xorg", {}, 0);
  f.table.start(105, 1, "/usr/bin/free", {}, 0);
  f.table.start(106, 1, "/usr/bin/gone (deleted)", {}, 0);
  auto sampler = f.make();
  sampler.set_protected_pids({60});
  const auto sample = f.take(sampler);
  CHECK(why(sample, 1) == "it is the first process of the system");
  CHECK(why(sample, 40) == "m1opt was started from it");
  CHECK(why(sample, kOwnPid) == "it is m1opt itself");
  CHECK(why(sample, 60) == "it is part of m1opt");
  CHECK(why(sample, 100) == "it is on the protected list: every service depends on it");
  CHECK(why(sample, 101) == "it belongs to the workload ollama");
  CHECK(why(sample, 102) == "it belongs to the workload ollama");
  CHECK(why(sample, 103) == "a systemd watchdog would kill it when it does not answer");
  CHECK(why(sample, 104) == "it is on the protected list: it shows the screen and takes the input");
  CHECK(why(sample, 106).find("deleted") != std::string::npos);
  REQUIRE(sample.targets.size() == 1);
  CHECK(is_target(sample, 105));
}

TEST_CASE("a stranger's namesake is refused without telling where it lies") {
  SamplerFixture f;
  f.table.start(100, 1, "/home/secret/photoanalysisd", {}, 2000);
  auto sampler = f.make();
  const auto sample = f.take(sampler);
  CHECK(sample.targets.empty());
  REQUIRE(sample.refused.size() == 1);
  CHECK(sample.refused[0].name == "photoanalysisd");
  CHECK(sample.refused[0].why.find("uid 2000") != std::string::npos);
  CHECK(sample.refused[0].why.find("secret") == std::string::npos);
}

TEST_CASE("names that only look like a target are not even mentioned") {
  SamplerFixture f;
  std::int32_t pid = 100;
  for (const char* path : {"/usr/bin/photoanalysisd-helper", "/usr/bin/Photoanalysisd",
                           "/usr/bin/photoanalysisd ", "/usr/bin/photo\xd0\xb0nalysisd"}) {
    f.table.start(pid++, 1, path, {}, kOwnUser);
  }
  auto sampler = f.make();
  const auto sample = f.take(sampler);
  CHECK(sample.targets.empty());
  CHECK(sample.refused.empty());
}

TEST_CASE("an environment that may not be read does not pass for one without a watchdog") {
  SamplerFixture f;
  class Denied final : public platform::ProcessTable {
   public:
    explicit Denied(test::ScriptedTable& inner) : inner_(inner) {}
    Result<std::vector<std::int32_t>> list() override { return inner_.list(); }
    Result<ProcessInfo> stat(std::int32_t pid) override { return inner_.stat(pid); }
    Result<std::string> executable(std::int32_t pid) override { return inner_.executable(pid); }
    Result<std::uint32_t> owner(std::int32_t pid) override { return inner_.owner(pid); }
    Result<std::vector<std::string>> arguments(std::int32_t pid) override {
      return inner_.arguments(pid);
    }
    Result<Duration> waited(ProcessId process) override { return inner_.waited(process); }
    Result<bool> has_watchdog(std::int32_t) override { return Error{Errc::not_permitted, 13, "x"}; }

   private:
    test::ScriptedTable& inner_;
  } denied(f.table);
  f.table.start(100, 1, "/usr/bin/updatedb", {}, 0);
  SamplerOptions options;
  options.own_pid = kOwnPid;
  options.own_uid = kOwnUser;
  Sampler sampler(std::move(options), denied, f.clock);
  const auto sample = f.take(sampler);
  CHECK(sample.targets.empty());
  CHECK(why(sample, 100).find("watchdog cannot be ruled out") != std::string::npos);
}

TEST_CASE("the watchdog question is asked once for each program a process runs") {
  SamplerFixture f;
  f.table.start(100, 1, "/usr/bin/updatedb", {}, 0);
  auto sampler = f.make();
  for (int i = 0; i < 5; ++i) f.take(sampler);
  CHECK(f.table.watchdogs == 1);
  f.table.start(100, 1, "/usr/bin/updatedb", {}, 0);
  for (int i = 0; i < 5; ++i) f.take(sampler);
  CHECK(f.table.watchdogs == 2);
}

TEST_CASE(
    "a held process stays in the sample, with its waiting time, when it runs another program") {
  SamplerFixture f;
  const auto id = f.table.start(100, 1, "/usr/bin/photoanalysisd", {}, kOwnUser);
  auto sampler = f.make();
  f.take(sampler);
  sampler.set_held({id});
  auto sample = f.take(sampler);
  REQUIRE(sample.targets.size() == 1);
  CHECK(sample.targets[0].waited == std::chrono::milliseconds(7));
  CHECK(sample.refused.empty());
  f.table.exec(100, "/usr/bin/firefox");
  sample = f.take(sampler);
  REQUIRE(sample.targets.size() == 1);
  CHECK(sample.targets[0].target == "photoanalysisd");
  CHECK(sample.targets[0].process.name == "firefox");
  CHECK(why(sample, 100) == "it runs another program now");
  f.table.end(100);
  sample = f.take(sampler);
  CHECK(sample.targets.empty());
}

TEST_CASE("a lease is a workload of its name, and marks a configured one that it starts") {
  SamplerFixture f;
  const auto job = f.table.start(100, 40, "/usr/bin/train", {}, kOwnUser);
  f.table.start(101, 100, "/usr/bin/worker", {}, kOwnUser);
  const auto server = f.table.start(102, 40, "/usr/bin/ollama", {"ollama", "serve"}, kOwnUser);
  auto sampler = f.make();
  sampler.set_leases({{job, "run:100"}, {server, "run:102"}});
  auto sample = f.take(sampler);
  REQUIRE(workload(sample, "run:100") != nullptr);
  CHECK(workload(sample, "run:100")->leased);
  CHECK(workload(sample, "run:100")->processes.size() == 2);
  CHECK(workload(sample, "run:102") == nullptr);
  CHECK(workload(sample, "ollama")->leased);
  f.table.end(101);
  f.table.end(100);
  sample = f.take(sampler);
  CHECK(workload(sample, "run:100") == nullptr);
}

TEST_CASE("what a server said counts for three periods and is then absent") {
  SamplerFixture f;
  auto sampler = f.make();
  ModelReport report;
  report.workload = "ollama";
  report.taken = f.clock.now();
  report.models = std::vector<LoadedModel>{{"llama3.2:3b", Bytes{5}, 4096, "2026-08-01T00:00:00Z"}};
  sampler.set_model_report(report);
  f.clock.advance(3 * f.config.ollama.period);
  auto sample = f.take(sampler);
  REQUIRE(workload(sample, "ollama")->models);
  CHECK(workload(sample, "ollama")->models->front().name == "llama3.2:3b");
  f.clock.advance(std::chrono::milliseconds(1));
  sample = f.take(sampler);
  CHECK_FALSE(workload(sample, "ollama")->models.has_value());
  REQUIRE(problem(sample, "workloads.ollama.models") != nullptr);
  CHECK(problem(sample, "workloads.ollama.models")->code == "stale");
}

TEST_CASE("a server that did not answer leaves its reason") {
  SamplerFixture f;
  auto sampler = f.make();
  ModelReport report;
  report.workload = "ollama";
  report.taken = f.clock.now();
  report.fault = "connect 127.0.0.1:11434: Connection refused";
  sampler.set_model_report(report);
  const auto sample = f.take(sampler);
  REQUIRE(problem(sample, "workloads.ollama.models") != nullptr);
  CHECK(problem(sample, "workloads.ollama.models")->text == report.fault);
}

TEST_CASE("a slow sensor and one that throws are problems, and the others are read") {
  SamplerFixture f;
  std::vector<platform::Sensor> sensors;
  sensors.push_back({"slow", [&](Sample&) {
                       f.clock.advance(std::chrono::milliseconds(1500));
                       return std::vector<Problem>{};
                     }});
  sensors.push_back(
      {"broken", [](Sample&) -> std::vector<Problem> { throw std::runtime_error("boom"); }});
  sensors.push_back({"last", [](Sample& sample) {
                       sample.gpu.emplace();
                       return std::vector<Problem>{{"gpu.wired_limit", "unsupported", "none"}};
                     }});
  auto sampler = f.make(std::move(sensors));
  const auto sample = f.take(sampler);
  REQUIRE(problem(sample, "slow") != nullptr);
  CHECK(problem(sample, "slow")->text == "reading it took 1.5 s");
  CHECK(problem(sample, "broken")->text == "boom");
  CHECK(problem(sample, "gpu.wired_limit") != nullptr);
  CHECK(sample.gpu.has_value());
}

TEST_CASE("a process list that cannot be read is a problem, and nothing is forgotten") {
  SamplerFixture f;
  f.table.start(100, 1, "/usr/bin/updatedb", {}, 0);
  auto sampler = f.make();
  f.take(sampler);
  f.table.fail_list = true;
  const auto sample = f.take(sampler);
  CHECK(problem(sample, "processes") != nullptr);
  CHECK(is_target(sample, 100));
}

TEST_CASE("namesakes cannot fill the sample") {
  SamplerFixture f;
  for (int pid = 100; pid < 400; ++pid) f.table.start(pid, 1, "/home/x/photoanalysisd", {}, 2000);
  auto sampler = f.make();
  CHECK(f.take(sampler).refused.size() == 64);
}

}  // namespace m1opt::sense
