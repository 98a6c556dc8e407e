#include "sense/process_tracker.h"

#include "sense/scripted_table.h"
#include "support/catch.h"

namespace m1opt::sense {

namespace {

using test::ScriptedTable;

constexpr std::uint32_t kOwn = 1000;

struct Fixture {
  explicit Fixture(bool rich = true) : table(rich), tracker(table, kOwn, [](std::uint32_t uid, const WorkloadConfig*) { return uid == kOwn; }) {
    const auto config = test::sense_config();
    tracker.configure(config.workloads, config.targets);
    table.start(1, 0, "/usr/lib/systemd/systemd", {}, 0);
  }
  void tick(int times = 1) {
    for (int i = 0; i < times; ++i) REQUIRE(tracker.update());
  }
  int workload(std::int32_t pid) {
    const auto found = tracker.tracked().find(pid);
    return found == tracker.tracked().end() ? -1 : found->second.workload;
  }
  int target(std::int32_t pid) {
    const auto found = tracker.tracked().find(pid);
    return found == tracker.tracked().end() ? -1 : found->second.target;
  }

  ScriptedTable table;
  ProcessTracker tracker;
};

}  // namespace

TEST_CASE("a server and all its descendants are one workload") {
  Fixture f;
  f.table.start(10, 1, "/usr/bin/ollama", {"ollama", "serve"});
  f.table.start(11, 10, "/usr/lib/ollama/llama-server", {"llama-server", "--port", "1"});
  f.table.start(12, 11, "/usr/bin/sh", {"sh"});
  f.table.start(20, 1, "/usr/bin/llama-server", {"llama-server"});
  f.tick();
  CHECK(f.workload(10) == 0);
  CHECK(f.workload(11) == 0);
  CHECK(f.workload(12) == 0);
  CHECK(f.workload(20) == 1);
  CHECK_FALSE(f.tracker.tracked().at(10).runner);
  CHECK(f.tracker.tracked().at(11).runner);
  CHECK_FALSE(f.tracker.tracked().at(12).runner);
  CHECK(f.tracker.tracked().at(20).runner);
  CHECK(f.tracker.tracked().at(11).info.name == "llama-server");
}

TEST_CASE("names that only look like a workload are none") {
  Fixture f;
  f.table.start(10, 1, "/usr/bin/ollama-notes", {"ollama-notes", "serve"});
  f.table.start(11, 1, "/usr/bin/vim", {"vim", "ollama", "serve"});
  f.table.start(12, 1, "/usr/bin/ollama", {"ollama", "run", "llama3"});
  f.table.start(13, 1, "/usr/bin/python3", {"python3", "notes.py", "mlx_lm.server"});
  f.tick(12);
  for (const int pid : {10, 11, 12, 13}) CHECK(f.workload(pid) == -1);
}

TEST_CASE("the MLX runner is the server's own program with other arguments") {
  Fixture f;
  f.table.start(10, 1, "/usr/bin/ollama", {"ollama", "serve"});
  f.table.fork(11, 10);
  f.tick();
  CHECK(f.workload(11) == 0);
  CHECK_FALSE(f.tracker.tracked().at(11).runner);
  f.table.exec(11, "/usr/bin/ollama", {"ollama", "runner", "--mlx-engine"});
  f.tick();
  CHECK(f.tracker.tracked().at(11).runner);
}

TEST_CASE("a program that a shell becomes is noticed within the fresh ticks") {
  Fixture f;
  for (int pid = 100; pid < 500; ++pid) f.table.start(pid, 1, "/usr/bin/cat");
  f.tick(20);
  // Spread over the numbers, so that the rotation alone would miss most of them.
  for (int pid : {20, 150, 600}) f.table.start(pid, 1, "/usr/bin/bash");
  f.tick(3);
  for (int pid : {20, 150, 600}) f.table.exec(pid, "/usr/bin/photoanalysisd");
  f.tick();
  for (int pid : {20, 150, 600}) CHECK(f.target(pid) == 0);
}

TEST_CASE("a process older than that is noticed when its tenth comes round") {
  Fixture f;
  for (int pid = 100; pid < 200; ++pid) f.table.start(pid, 1, "/usr/bin/cat");
  f.tick(20);
  f.table.exec(150, "/usr/bin/photoanalysisd");
  f.tick(11);
  CHECK(f.target(150) == 0);
}

TEST_CASE("a steady machine costs a tenth of its processes a tick") {
  Fixture f;
  for (int pid = 100; pid < 600; ++pid) f.table.start(pid, 1, "/usr/bin/cat");
  f.table.start(700, 1, "/usr/bin/ollama", {"ollama", "serve"});
  f.tick(20);
  f.table.stats = 0;
  f.table.executables = 0;
  f.tick(10);
  CHECK(f.table.executables <= 502 + 10);
  CHECK(f.table.stats <= 10);
}

TEST_CASE("what was born since the last update is told once, with its parent") {
  Fixture f;
  f.table.start(10, 1, "/usr/bin/mds", {"mds"});
  f.tick();
  f.table.start(11, 10, "/usr/bin/mds", {"mds"});
  f.table.start(12, 11, "/usr/bin/mds", {"mds"});
  f.tick();
  const auto id = [&](std::int32_t pid) { return f.table.stat(pid).value().id; };
  REQUIRE(f.tracker.births().size() == 2);
  CHECK(f.tracker.births()[0].child == id(11));
  CHECK(f.tracker.births()[0].parent == id(10));
  CHECK(f.tracker.births()[1].parent == id(11));
  f.tick();
  CHECK(f.tracker.births().empty());
}

TEST_CASE("a runner outlives the server that started it") {
  Fixture f;
  f.table.start(10, 1, "/usr/bin/ollama", {"ollama", "serve"});
  f.table.start(11, 10, "/usr/lib/ollama/llama-server");
  f.tick();
  f.table.end(10);
  f.tick(15);
  CHECK(f.workload(10) == -1);
  CHECK(f.workload(11) == 0);
}

TEST_CASE("descendants are released when their root becomes another program") {
  Fixture f;
  f.table.start(10, 1, "/usr/bin/ollama", {"ollama", "serve"});
  f.table.start(11, 10, "/usr/bin/cat");
  f.tick();
  CHECK(f.workload(11) == 0);
  f.table.exec(10, "/usr/bin/sleep", {"sleep"});
  f.tick(2);
  CHECK(f.workload(10) == -1);
  CHECK(f.workload(11) == -1);
}

TEST_CASE("older children join when their parent becomes a server") {
  Fixture f;
  f.table.start(10, 1, "/usr/bin/bash");
  f.table.start(11, 10, "/usr/bin/cat");
  f.table.start(12, 11, "/usr/bin/cat");
  f.tick(6);
  f.table.exec(10, "/usr/bin/ollama", {"ollama", "serve"});
  f.tick(11);
  CHECK(f.workload(10) == 0);
  CHECK(f.workload(11) == 0);
  CHECK(f.workload(12) == 0);
}

TEST_CASE("a reused pid is another process at once where the list has marks") {
  Fixture f;
  for (int pid = 100; pid < 200; ++pid) f.table.start(pid, 1, "/usr/bin/cat");
  f.table.start(300, 1, "/usr/bin/photoanalysisd");
  f.tick(20);
  CHECK(f.target(300) == 0);
  f.table.start(300, 1, "/usr/bin/cat");
  f.table.start(150, 1, "/usr/bin/photoanalysisd");
  f.tick();
  CHECK(f.target(300) == -1);
  CHECK(f.target(150) == 0);
}

TEST_CASE("a child of a reused number does not inherit from the old parent") {
  Fixture f;
  f.table.start(10, 1, "/usr/bin/cat");
  const auto child = f.table.start(11, 10, "/usr/bin/cat");
  f.tick(6);
  // The number 10 goes to a server that is younger than the child.
  f.table.start(10, 1, "/usr/bin/ollama", {"ollama", "serve"});
  f.table.processes.at(11).info.id = child;
  f.tick(12);
  CHECK(f.workload(10) == 0);
  CHECK(f.workload(11) == -1);
}

TEST_CASE("a lease takes in a tree that no row of the config claims") {
  Fixture f;
  const auto root = f.table.start(10, 1, "/usr/bin/bash");
  f.table.start(11, 10, "/usr/bin/train");
  f.table.start(12, 10, "/usr/bin/ollama", {"ollama", "serve"});
  f.table.start(13, 12, "/usr/lib/llama-server");
  f.tick(5);
  CHECK(f.workload(11) == -1);
  f.tracker.set_leases({root});
  f.tick();
  CHECK(f.workload(10) == ProcessTracker::kFirstLease);
  CHECK(f.workload(11) == ProcessTracker::kFirstLease);
  CHECK(f.workload(12) == 0);
  CHECK(f.workload(13) == 0);
  f.tracker.set_leases({});
  f.tick();
  CHECK(f.workload(10) == -1);
  CHECK(f.workload(11) == -1);
  CHECK(f.workload(12) == 0);
}

TEST_CASE("a reloaded config is applied to processes that are long known") {
  Fixture f;
  f.table.start(10, 1, "/usr/bin/cat");
  f.table.start(11, 1, "/usr/bin/updatedb", {}, 0);
  f.tick(6);
  CHECK(f.target(11) == 2);
  auto config = test::sense_config();
  config.targets.erase(config.targets.begin());
  config.targets[0].executables = {"cat"};
  f.tracker.configure(config.workloads, config.targets);
  f.tick();
  CHECK(f.target(10) == 0);
  CHECK(f.target(11) == 1);
}

TEST_CASE("a held process stays known whatever it runs, until it ends") {
  Fixture f;
  const auto id = f.table.start(10, 1, "/usr/bin/photoanalysisd");
  f.tick();
  f.tracker.set_held({id}, {});
  f.table.exec(10, "/usr/bin/sleep");
  f.tick(20);
  REQUIRE(f.tracker.tracked().count(10) == 1);
  CHECK(f.tracker.tracked().at(10).held);
  CHECK(f.tracker.tracked().at(10).last_target == "photoanalysisd");
  CHECK(f.tracker.tracked().at(10).match == TargetMatch::none);
  f.table.start(10, 1, "/usr/bin/sleep");
  f.tick();
  CHECK(f.tracker.tracked().count(10) == 0);
}

TEST_CASE("a zombie is neither a workload nor a target") {
  Fixture f;
  f.table.start(10, 1, "/usr/bin/photoanalysisd");
  f.tick();
  f.table.processes.at(10).info.state = RunState::zombie;
  f.tick();
  CHECK(f.tracker.tracked().count(10) == 0);
}

TEST_CASE("when the list cannot be read what was known stays") {
  Fixture f;
  f.table.start(10, 1, "/usr/bin/photoanalysisd");
  f.tick();
  f.table.fail_list = true;
  CHECK_FALSE(f.tracker.update());
  CHECK(f.target(10) == 0);
}

TEST_CASE("a large machine is listed in parts and new processes are still found at once") {
  Fixture f;
  for (int pid = 100; pid < 5100; ++pid) f.table.start(pid, 1, "/usr/bin/cat");
  f.tick(20);
  f.table.listed = 0;
  f.tick(10);
  CHECK(f.table.listed <= 5001 + 10 * 3);
  f.table.start(6000, 1, "/usr/bin/photoanalysisd");
  f.tick();
  CHECK(f.target(6000) == 0);
  CHECK(f.tracker.process_count() == 5002);
  // Numbers wrap: the next one is far below.
  f.table.start(50, 1, "/usr/bin/photoanalysisd");
  f.tick();
  CHECK(f.target(50) == 0);
  // Reused in the middle: found by its mark when its tenth comes round.
  f.table.start(2500, 1, "/usr/bin/photoanalysisd");
  f.tick(11);
  CHECK(f.target(2500) == 0);
  for (int pid = 3000; pid < 5100; ++pid) f.table.end(pid);
  f.tick(11);
  CHECK(f.tracker.process_count() == 5003 - 2100);
}

TEST_CASE("a number seen before its process shows up is still found on the next tick") {
  Fixture f;
  for (int pid = 100; pid < 2100; ++pid) f.table.start(pid, 1, "/usr/bin/cat");
  f.tick(20);
  f.table.start(5000, 1, "/usr/bin/photoanalysisd");
  const auto late = f.table.processes.extract(5000);
  f.tick();
  CHECK(f.target(5000) == -1);
  f.table.processes.insert({5000, late.mapped()});
  f.tick();
  CHECK(f.target(5000) == 0);
}

TEST_CASE("thousands of namesakes cannot make a tick long") {
  Fixture f;
  for (int pid = 100; pid < 4100; ++pid) f.table.start(pid, 1, "/home/x/llama-server", {}, 2000);
  f.tick(12);
  f.table.stats = 0;
  f.tick();
  CHECK(f.table.stats <= 512 + 512);
}

}  // namespace m1opt::sense
