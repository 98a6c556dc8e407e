// However many processes somebody starts under the names that m1opt knows, what counts is still looked at.
#include "sense/crowd.h"

#include <algorithm>

#include "sense/sampler_rig.h"
#include "support/catch.h"

namespace m1opt::sense {

namespace {

constexpr std::uint32_t kStranger = 2000;
constexpr std::uint32_t kAdministrator = 501;

struct Machine {
  Machine() {
    const auto config = test::sense_config();
    tracker.configure(config.workloads, config.targets);
    table.start(1, 0, "/usr/lib/systemd/systemd", {}, 0);
  }

  /// Each is called like an LLM server; they get the numbers from 100 on.
  void start_crowd(int count) {
    for (int i = 0; i < count; ++i) table.start(100 + i, 1, "/home/eve/llama-server", {}, kStranger);
  }
  void tick(int times = 1) {
    for (int i = 0; i < times; ++i) {
      for (const auto pid : watched) table.processes.at(pid).info.cpu_time += std::chrono::seconds(1);
      REQUIRE(tracker.update());
      for (const auto pid : watched) {
        INFO("pid " << pid << " at tick " << i);
        REQUIRE(tracker.tracked().contains(pid));
        REQUIRE(tracker.tracked().at(pid).info.cpu_time == table.processes.at(pid).info.cpu_time);
      }
    }
  }

  test::ScriptedTable table;
  ProcessTracker tracker{table, kOwnUser, [](std::uint32_t uid, const WorkloadConfig* row) {
                           const bool listed = row != nullptr && row->name == "ollama" && uid == 998;
                           return uid == 0 || uid == kOwnUser || uid == kAdministrator || listed;
                         }};
  std::vector<std::int32_t> watched;  ///< what is known of them must be as of this very tick
};

}  // namespace

TEST_CASE("a stranger's namesakes cost nobody else's processes their look at each tick") {
  Machine m;
  m.start_crowd(2000);
  m.tick(12);
  m.table.start(5000, 1, "/usr/bin/llama-server", {}, kAdministrator);
  m.table.start(5001, 1, "/usr/bin/photoanalysisd", {}, kOwnUser);
  m.table.start(5002, 1, "/usr/bin/ollama", {"ollama", "serve"}, 998);
  m.table.start(5003, 1, "/usr/bin/photoanalysisd", {}, 1500);
  m.watched = {5000, 5001, 5002, 5003};
  m.tick(25);
}

TEST_CASE("what is held is looked at on each tick, whoever owns it and whatever else he starts") {
  Machine m;
  m.start_crowd(2000);
  m.tick(12);
  const auto target = m.table.start(5000, 1, "/usr/bin/photoanalysisd", {}, kStranger);
  const auto member = m.table.start(5001, 1, "/home/eve/llama-server", {}, kStranger);
  m.tick(8);
  m.tracker.set_held({target}, {member});
  m.watched = {5000, 5001};
  m.tick(25);
  m.table.processes.at(5000).info.state = RunState::running;
  m.table.exec(5000, "/usr/bin/sleep");
  m.tick();
  CHECK(m.tracker.tracked().at(5000).info.state == RunState::running);
  CHECK(m.tracker.tracked().at(5000).match == TargetMatch::none);
}

TEST_CASE("what is let go does not count as held until its turn comes") {
  Machine m;
  m.start_crowd(2000);
  const auto target = m.table.start(5000, 1, "/usr/bin/photoanalysisd", {}, kStranger);
  m.tick(12);
  m.tracker.set_held({target}, {});
  m.tick(2);
  CHECK(m.tracker.tracked().at(5000).held);
  m.tracker.set_held({}, {});
  m.tick();
  CHECK_FALSE(m.tracker.tracked().at(5000).held);
}

TEST_CASE("namesakes under thousands of user ids cost those of trusted users nothing, nor make a tick long") {
  Machine m;
  for (int i = 0; i < 4000; ++i) {
    m.table.start(100 + i, 1, "/home/eve/llama-server", {}, 100'000 + static_cast<std::uint32_t>(i));
  }
  m.table.start(5000, 1, "/usr/bin/llama-server", {}, kAdministrator);
  m.table.start(5001, 1, "/usr/bin/photoanalysisd", {}, 0);
  m.table.start(5002, 1, "/usr/bin/ollama", {"ollama", "serve"}, 998);
  m.table.start(5003, 5002, "/usr/lib/ollama/llama-server", {}, 998);
  m.tick(12);
  m.watched = {5000, 5001, 5002, 5003};
  m.tick(12);
  m.table.stats = 0;
  m.tick();
  CHECK(m.table.stats <= 1024 + 512 + 4);
}

TEST_CASE("what the set-uid bit makes root's in a stranger's tree takes no turn of root's") {
  Machine m;
  m.table.start(99, 1, "/home/eve/llama-server", {}, kStranger);
  for (int pid = 100; pid < 2100; ++pid) m.table.start(pid, 99, "/usr/bin/su", {}, 0);
  m.table.start(5000, 1, "/usr/bin/llama-server", {}, 0);
  m.tick(12);
  m.watched = {5000};
  m.tick(25);
  // Nor when its own parent has ended.
  m.table.end(99);
  m.tick(12);
  m.table.stats = 0;
  m.tick();
  CHECK(m.table.stats <= 512 + 512 + 1);
}

namespace {

/// A stranger's target with thousands of children.
void start_strangers_target(Machine& m) {
  m.table.start(99, 1, "/usr/bin/photoanalysisd", {}, kStranger);
  for (int pid = 100; pid < 3100; ++pid) m.table.start(pid, 99, "/usr/bin/cat", {}, kStranger);
}

}  // namespace

TEST_CASE("a target's own children are looked at only so many at each tick") {
  Machine m;
  start_strangers_target(m);
  m.tick(12);
  m.table.executables = 0;
  m.tick();
  CHECK(m.table.executables <= 512 + 512 + 1);
}

TEST_CASE("what a child of one's own target runs is noticed at once beside the children of a stranger's") {
  Machine m;
  start_strangers_target(m);
  m.table.start(5000, 1, "/usr/bin/photoanalysisd", {}, kOwnUser);
  m.table.start(5001, 5000, "/usr/bin/cat", {}, kOwnUser);
  m.tick(12);
  for (int i = 0; i < 12; ++i) {
    m.table.exec(5001, i % 2 == 0 ? "/usr/bin/updatedb" : "/usr/bin/cat");
    m.tick();
    CHECK(m.tracker.tracked().contains(5001) == (i % 2 == 0));
  }
}

TEST_CASE("beside a crowd that starts and ends without a break what is held is looked at on each tick") {
  Machine m;
  const auto held = m.table.start(90, 1, "/usr/bin/photoanalysisd", {}, kOwnUser);
  m.table.start(91, 1, "/usr/bin/llama-server", {}, kAdministrator);
  m.tick(5);
  m.tracker.set_held({held}, {});
  m.watched = {90, 91};
  std::int32_t next = 100;
  for (int i = 0; i < 60; ++i) {
    for (int j = 0; j < 100; ++j) m.table.start(next++, 1, "/home/eve/llama-server", {}, kStranger);
    m.tick();
    for (std::int32_t pid = next - 1500; pid < next - 1400; ++pid) {
      if (pid >= 100) m.table.end(pid);
    }
  }
  CHECK(m.tracker.process_count() >= 1400);
}

TEST_CASE("of a crowd a workload takes in so many, the real servers first, and counts the rest") {
  SamplerFixture f;
  for (int pid = 100; pid < 10'100; ++pid) f.table.start(pid, 1, "/home/eve/llama-server", {}, kStranger);
  f.table.start(20'000, 1, "/usr/bin/llama-server", {"llama-server", "--port", "41000"}, kAdministrator);
  f.table.start(20'001, 1, "/home/ben/llama-server", {}, 1500);
  const auto held = f.table.start(20'002, 1, "/home/eve/llama-server", {}, kStranger);
  const auto leased = f.table.start(20'003, 1, "/home/eve/llama-server", {}, kStranger);
  auto sampler = f.make();
  sampler.set_held({}, {held});
  sampler.set_leases({{leased, "run:20003"}});
  const auto sample = f.take(sampler);
  const auto* server = workload(sample, "llama-server");
  REQUIRE(server != nullptr);
  CHECK(server->processes.size() == kMostMembers);
  CHECK(server->unlisted == 10'004 - static_cast<int>(kMostMembers));
  CHECK(server->leased);
  const auto is_listed = [&](std::int32_t pid) {
    return std::any_of(server->processes.begin(), server->processes.end(),
                       [&](const auto& member) { return member.process.id.pid == pid; });
  };
  for (const int pid : {100, 20'000, 20'001, 20'002, 20'003}) {
    INFO(pid);
    CHECK(is_listed(pid));
  }
  CHECK(std::is_sorted(server->processes.begin(), server->processes.end(),
                       [](const auto& a, const auto& b) { return a.process.id.pid < b.process.id.pid; }));
  CHECK(workload(sample, "ollama")->unlisted == 0);
}

TEST_CASE("a workload of the usual size is taken in whole") {
  SamplerFixture f;
  for (int pid = 100; pid < 356; ++pid) f.table.start(pid, 1, "/home/eve/llama-server", {}, kStranger);
  auto sampler = f.make();
  const auto sample = f.take(sampler);
  CHECK(workload(sample, "llama-server")->processes.size() == 256);
  CHECK(workload(sample, "llama-server")->unlisted == 0);
}

TEST_CASE("the members of a trusted user's crowd do not take the place of another's") {
  SamplerFixture f;
  for (int pid = 100; pid < 1000; ++pid) f.table.start(pid, 1, "/home/ada/llama-server", {}, kAdministrator);
  f.table.start(2000, 1, "/usr/bin/llama-server", {}, 0);
  f.table.start(2001, 1, "/home/eve/llama-server", {}, kStranger);
  auto sampler = f.make();
  const auto sample = f.take(sampler);
  const auto& members = workload(sample, "llama-server")->processes;
  REQUIRE(members.size() == kMostMembers);
  CHECK(members[members.size() - 2].process.id.pid == 2000);
  CHECK(members.back().process.id.pid == 2001);
}

}  // namespace m1opt::sense
