#include "decide/workloads.h"

#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

namespace {

WorkloadState state_of(const World& world) { return world.state.workloads.at("ollama").state; }
std::string source_of(const World& world) { return world.state.workloads.at("ollama").source; }

/// One tick a second, whatever the policy plans.
void seconds(World& world, int count) {
  for (int i = 0; i < count; ++i) {
    world.tick();
    world.pass(1s);
  }
}

}  // namespace

TEST_CASE("a server without a model or a runner is absent") {
  World world;
  world.start_llm(0);
  world.llm.processes.back().runner = false;
  seconds(world, 20);
  CHECK(state_of(world) == WorkloadState::absent);
  CHECK(source_of(world) == "no model is loaded");
}

TEST_CASE("a runner process or a loaded model makes a workload resident") {
  World world;
  world.start_llm(0);
  seconds(world, 20);
  CHECK(state_of(world) == WorkloadState::resident);
  CHECK(source_of(world) == "runner llama-server (pid 501)");
  world.llm.processes.back().runner = false;
  world.llm.models = std::vector<LoadedModel>{{"llama3.2:3b", Bytes{1}, {}, {}}};
  seconds(world, 20);
  CHECK(state_of(world) == WorkloadState::resident);
  CHECK(source_of(world) == "model llama3.2:3b is loaded");
}

TEST_CASE("5 % of a core over 5 s is busy and 4 % is not") {
  World world;
  world.start_llm(0.04);
  seconds(world, 30);
  CHECK(state_of(world) == WorkloadState::resident);
  world.llm_appetite = 0.06;
  seconds(world, 8);
  CHECK(state_of(world) == WorkloadState::busy);
  CHECK(source_of(world).starts_with("tree CPU 6 % of a core over 5 s"));
}

TEST_CASE("less than 5 s of observation tells nothing about CPU") {
  World world;
  world.start_llm(2);
  seconds(world, 5);
  CHECK(state_of(world) == WorkloadState::resident);
  seconds(world, 2);
  CHECK(state_of(world) == WorkloadState::busy);
}

TEST_CASE("a workload that just appeared is watched closely until its CPU tells, and then no more") {
  World world;
  world.tick();
  CHECK(world.last.period == world.config.sampling.idle_period);
  world.start_llm(0);
  const Instant appeared = world.now;
  world.tick();
  while (world.last.period == world.config.sampling.busy_period) {
    world.pass(1s);
    world.tick();
  }
  CHECK(world.now - appeared == 5s);
  CHECK(world.last.period == world.config.sampling.idle_period);
  CHECK(state_of(world) == WorkloadState::resident);
}

TEST_CASE("a burst of CPU that is over does not count for longer than it lasted and the linger") {
  World world;
  world.make_busy();
  world.llm_appetite = 0;
  seconds(world, 30);
  CHECK(state_of(world) == WorkloadState::resident);
}

TEST_CASE("the CPU a process took before it was seen does not count") {
  World world;
  world.start_llm(0);
  world.llm.processes.back().process.cpu_time = 10h;
  seconds(world, 20);
  CHECK(state_of(world) == WorkloadState::resident);
}

TEST_CASE("a lease is busy at once, and as long as it lasts") {
  World world;
  world.start_llm(0);
  world.llm.leased = true;
  world.tick();
  CHECK(state_of(world) == WorkloadState::busy);
  seconds(world, 600);
  CHECK(state_of(world) == WorkloadState::busy);
  world.llm.leased = false;
  seconds(world, 11);
  CHECK(state_of(world) == WorkloadState::resident);
}

TEST_CASE("a running request is busy, an unknown one is not") {
  World world;
  world.start_llm(0);
  world.llm.request_running = std::nullopt;
  seconds(world, 2);
  CHECK(state_of(world) == WorkloadState::resident);
  world.llm.request_running = true;
  seconds(world, 1);
  CHECK(state_of(world) == WorkloadState::busy);
}

TEST_CASE("an expiry that moved is busy, the first one seen is not") {
  World world;
  world.start_llm(0);
  world.llm.models = std::vector<LoadedModel>{{"m", Bytes{1}, {}, "10:00"}};
  seconds(world, 3);
  CHECK(state_of(world) == WorkloadState::resident);
  world.llm.models->front().expires_at = "10:05";
  seconds(world, 1);
  CHECK(state_of(world) == WorkloadState::busy);
  CHECK(source_of(world) == "the expiry of m moved");
  seconds(world, 11);
  CHECK(state_of(world) == WorkloadState::resident);
}

TEST_CASE("a server that does not answer for a while is no moved expiry") {
  World world;
  world.start_llm(0);
  world.llm.models = std::vector<LoadedModel>{{"m", Bytes{1}, {}, "10:00"}};
  seconds(world, 3);
  world.llm.models.reset();
  seconds(world, 3);
  world.llm.models = std::vector<LoadedModel>{{"m", Bytes{1}, {}, "10:00"}};
  seconds(world, 3);
  CHECK(state_of(world) == WorkloadState::resident);
}

TEST_CASE("a model that appears was loaded for a request, one that leaves was not") {
  World world;
  world.start_llm(0);
  world.llm.models = std::vector<LoadedModel>{};
  seconds(world, 3);
  world.llm.models = std::vector<LoadedModel>{{"m", Bytes{1}, {}, "10:00"}};
  seconds(world, 1);
  CHECK(state_of(world) == WorkloadState::busy);
  seconds(world, 15);
  world.llm.models = std::vector<LoadedModel>{};
  seconds(world, 1);
  CHECK(state_of(world) == WorkloadState::resident);
}

TEST_CASE("a workload that ends is absent at once and is forgotten when it is quiet") {
  World world;
  world.make_busy();
  world.llm.processes.clear();
  world.tick();
  CHECK(state_of(world) == WorkloadState::absent);
  world.forget_log();
  world.run(10min);
  CHECK(world.state.workloads.empty());
}

TEST_CASE("each change of state is one event") {
  World world;
  world.make_busy();
  world.run(60s);
  CHECK(world.count(EventKind::workload_changed) == 2);  // resident, busy
  CHECK(world.said(EventKind::workload_changed).starts_with("ollama is busy: tree CPU"));
}

TEST_CASE("a namesake that is started and ended each second is one event, and one when it stays away") {
  World world;
  for (int i = 0; i < 600; ++i) {
    if (i % 2 == 0) {
      world.start_llm(0);
    } else {
      world.llm.processes.clear();
    }
    seconds(world, 1);
    CHECK(state_of(world) == (i % 2 == 0 ? WorkloadState::resident : WorkloadState::absent));
  }
  CHECK(world.count(EventKind::workload_changed) == 1);
  seconds(world, 28);
  CHECK(world.count(EventKind::workload_changed) == 1);
  seconds(world, 10);
  CHECK(world.count(EventKind::workload_changed) == 2);
  CHECK(world.said(EventKind::workload_changed) == "ollama is absent: not running");
}

TEST_CASE("a workload that no row has any more is told to be gone before it is forgotten") {
  World world;
  world.start_llm(0);
  seconds(world, 5);
  world.llm.processes.clear();
  seconds(world, 60);
  CHECK(world.said(EventKind::workload_changed) == "ollama is absent: not running");
  CHECK(world.state.workloads.empty());
}

TEST_CASE("CPU of a sleep is not CPU of the last 5 s") {
  World world;
  world.start_llm(0);
  seconds(world, 10);
  world.llm.processes.back().process.cpu_time += 10s;
  world.now = world.now + 1h;
  seconds(world, 10);
  CHECK(state_of(world) == WorkloadState::resident);
}
