#include "decide/breaks.h"

#include "support.h"

using namespace m1opt::test;

namespace {

/// Hot for long enough, with the rule on, and a server that has worked lately and is idle now.
struct HotMac {
  World world;

  HotMac() {
    world.config.rules = {rule("thermal_break", RuleNeeds::nothing,
                               {{{detector("thermal_level", 2, 2, 10s)}}},
                               {LadderStep::pause_workload})};
    world.make_busy();
    world.base.thermal->level = 2;
    world.run(12s);
    world.llm_appetite = 0;
    world.answer_slots(std::nullopt);
  }

  [[nodiscard]] bool rests() const { return world.holds(kRunner, ActionKind::pause_workload); }
  [[nodiscard]] int rests_begun() const {
    return world.count(ActionVerb::begin, ActionKind::pause_workload);
  }
  [[nodiscard]] bool server_is_untouched() const {
    return !world.holds(kServer, ActionKind::pause_workload);
  }
};

}  // namespace

TEST_CASE("an idle runner of a hot machine is given a rest, its priority put back first") {
  HotMac mac;
  REQUIRE(mac.world.holds(kRunner, ActionKind::raise));
  mac.world.run(3s);
  REQUIRE(mac.rests());
  CHECK(mac.server_is_untouched());
  CHECK_FALSE(mac.world.holds(kRunner, ActionKind::raise));
  CHECK(mac.world.said(EventKind::action_done).find("gave llama-server (pid 501) a rest") == 0);
  CHECK(mac.world.said(EventKind::action_done).find("thermal level heavy >= heavy") !=
        std::string::npos);
  CHECK(mac.world.last.holds.back().remaining > 290s);
}

TEST_CASE("a rest is over after five minutes, and the next one is ten minutes off") {
  HotMac mac;
  mac.world.run(3s);
  REQUIRE(mac.rests());
  mac.world.run(297s);
  REQUIRE(mac.rests());
  // It works on afterwards: the machine does not fall asleep, nor is anything else let go.
  CHECK(mac.world.last.awake.wanted);
  CHECK(mac.world.last.awake.text == "ollama is busy: its runner is given a rest");
  CHECK(mac.world.state.workloads.at("ollama").state == WorkloadState::busy);
  mac.world.run(2s);
  CHECK_FALSE(mac.rests());
  CHECK(mac.world.process_of(kRunner).state != RunState::stopped);
  // Busy again, hot as before, and idle for a moment at last.
  mac.world.llm_appetite = 1;
  mac.world.run(590s);
  CHECK(mac.rests_begun() == 1);
  mac.world.llm_appetite = 0;
  mac.world.run(30s);
  CHECK(mac.rests_begun() == 2);
}

TEST_CASE("a rule that acts and gives no rest says what keeps it") {
  HotMac mac;
  mac.world.answer_slots(17);
  mac.world.run(3s);
  REQUIRE(mac.world.rule_status("thermal_break").acting);
  CHECK(mac.world.rule_status("thermal_break").obstacle == "ollama pid 501 is given no rest: a request runs");
  mac.world.answer_slots(std::nullopt);
  mac.world.run(3s);
  REQUIRE(mac.rests());
  CHECK(mac.world.rule_status("thermal_break").obstacle.empty());
}

TEST_CASE("a runner is never stopped while a request runs, or while nobody can tell") {
  HotMac mac;
  SECTION("a request runs") { mac.world.answer_slots(17); }
  SECTION("the server does not tell") {
    mac.world.llm.request_running.reset();
    mac.world.llm.slots_age.reset();
  }
  SECTION("what it said is three seconds old") { mac.world.llm.slots_age = 3s; }
  SECTION("what it said is younger, but it computes") { mac.world.llm_appetite = 1; }
  SECTION("it runs at this moment") {
    mac.world.distort = [](Sample& sample) {
      sample.workloads.front().processes.back().process.state = RunState::running;
    };
  }
  mac.world.run(60s);
  CHECK(mac.rests_begun() == 0);
  CHECK(mac.world.holds(kRunner, ActionKind::raise));
}

TEST_CASE("who gets no rest") {
  HotMac mac;
  SECTION("a process of somebody who may not be raised") {
    for (auto& member : mac.world.llm.processes) member.may_raise = false;
  }
  SECTION("a workload that has not worked for two minutes") {
    mac.world.llm.request_running.reset();
    mac.world.run(180s);
    mac.world.answer_slots(std::nullopt);
  }
  SECTION("one that somebody else stopped") {
    mac.world.process_of(kRunner).state = RunState::stopped;
  }
  SECTION("a leased one") { mac.world.llm.leased = true; }
  SECTION("any, while m1opt is paused") { mac.world.command(PauseCommand{}); }
  SECTION("any, while as many processes are stopped as may be") {
    mac.world.config.limits.max_suspended = 0;
  }
  SECTION("any, with the rule off") { mac.world.configured("thermal_break").enabled = false; }
  mac.world.run(30s);
  CHECK(mac.rests_begun() == 0);
}

TEST_CASE("a rest ends early when the machine has cooled, when it is paused and on demand") {
  HotMac mac;
  mac.world.run(3s);
  REQUIRE(mac.rests());
  SECTION("cooled") {
    mac.world.base.thermal->level = 0;
    mac.world.run(40s);
  }
  SECTION("the level is lost") {
    mac.world.base.thermal.reset();
    mac.world.run(20s);
  }
  SECTION("paused") {
    mac.world.command(PauseCommand{});
    mac.world.run(1s);
  }
  SECTION("resume all") {
    ResumeCommand body;
    body.all = true;
    mac.world.command(body);
    mac.world.run(1s);
  }
  SECTION("resume by the workload's name") {
    ResumeCommand body;
    body.target = "ollama";
    mac.world.command(body);
    mac.world.run(1s);
  }
  SECTION("the rule is gone from the config") {
    mac.world.config.rules.clear();
    mac.world.run(1s);
  }
  CHECK_FALSE(mac.rests());
  mac.world.base.thermal = ThermalReading{};
  mac.world.base.thermal->level = 2;
  mac.world.run(60s);
  CHECK(mac.rests_begun() == 1);
}

TEST_CASE("a runner that somebody else continues is not given another rest for half an hour") {
  HotMac mac;
  mac.world.run(3s);
  REQUIRE(mac.rests());
  mac.world.process_of(kRunner).state = RunState::running;
  mac.world.llm_appetite = 1;
  mac.world.run(1700s);
  CHECK(mac.rests_begun() == 1);
}

TEST_CASE("no priority is raised while a workload rests") {
  HotMac mac;
  mac.world.run(3s);
  REQUIRE(mac.rests());
  const int raised = mac.world.count(ActionVerb::begin, ActionKind::raise);
  mac.world.run(60s);
  CHECK(mac.world.count(ActionVerb::begin, ActionKind::raise) == raised);
}
