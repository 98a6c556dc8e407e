#include "decide/rules.h"

#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

TEST_CASE("60 % used is reported and nothing is done") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 0);
  world.make_busy();
  world.forget_log();
  world.set_used(62);
  world.run(60s);
  CHECK(world.begins() == 0);
  CHECK(world.count(EventKind::rule_tripped) == 1);
  CHECK(world.said(EventKind::rule_tripped).starts_with("memory_used: memory used 62 % >= 60 %"));
  CHECK(world.why(id) == "no rule has tripped");
}

TEST_CASE("a trip is reported once, and once when it clears") {
  World world;
  world.set_used(62);
  world.run(10min);
  CHECK(world.count(EventKind::rule_tripped) == 1);
  world.set_used(50);
  world.run(10min);
  CHECK(world.count(EventKind::rule_tripped) == 1);
  CHECK(world.count(EventKind::rule_cleared) == 1);
}

TEST_CASE("all detectors of a group must be active") {
  World world;
  world.make_busy();
  world.base.swap->used = Bytes{4'000'000'000};  // 25 % of RAM
  world.run(60s);
  CHECK_FALSE(world.rule_status("swap_used").tripped);
  world.swap_out = 1000;
  world.run(60s);
  CHECK(world.rule_status("swap_used").tripped);
  world.base.swap->used = Bytes{1'000'000'000};
  world.run(60s);
  CHECK_FALSE(world.rule_status("swap_used").tripped);
}

TEST_CASE("one of several groups is enough") {
  World world;
  world.base.thermal->level = 0;
  world.base.thermal->hottest = MilliCelsius{92'000};
  world.run(30s);
  CHECK(world.rule_status("thermal_heavy").tripped);
  world.base.thermal->hottest.reset();
  world.base.thermal->level = 2;
  world.run(30s);
  CHECK(world.rule_status("thermal_heavy").tripped);
}

TEST_CASE("a rule without a group or with an empty one never trips") {
  World world;
  world.config.rules = {rule("none", RuleNeeds::nothing, {}, {LadderStep::suspend}),
                        rule("empty", RuleNeeds::nothing, {{}}, {LadderStep::suspend})};
  world.add_target(10, "photoanalysisd", 1);
  world.run(60s);
  CHECK_FALSE(world.rule_status("none").tripped);
  CHECK_FALSE(world.rule_status("empty").tripped);
  CHECK(world.begins() == 0);
}

TEST_CASE("a disabled rule does nothing and says so") {
  World world;
  for (auto& entry : world.config.rules) entry.enabled = false;
  world.add_target(10, "photoanalysisd", 2);
  world.set_level(PressureLevel::critical);
  world.make_busy();
  world.run(60s);
  CHECK(world.begins() == 0);
  CHECK(world.rule_status("contention").text == "disabled in the config");
}

TEST_CASE("a rule that trips with no workload does not act and is no event") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 2);
  world.set_level(PressureLevel::critical);
  world.run(60s);
  const auto& status = world.rule_status("memory_critical");
  CHECK(status.tripped);
  CHECK_FALSE(status.acting);
  CHECK(status.text.find("waits for a busy workload") != std::string::npos);
  CHECK(world.count(EventKind::rule_tripped) == 0);
  CHECK(world.begins() == 0);
  CHECK(world.why(id).find("memory_critical has tripped, but waits for") != std::string::npos);
}

TEST_CASE("a resident model counts once the kernel's own level is at warning") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 0.1);
  world.start_llm(0);
  world.swap_out = 40e6;
  world.run(60s);
  CHECK(world.begins() == 0);  // swap-out at its limit, but the level is normal
  world.set_level(PressureLevel::warning);
  world.run(60s);
  CHECK(world.holds(id, ActionKind::suspend));
}

TEST_CASE("a reading lost for 15 s releases what it holds and says so once") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 0.1);
  world.make_busy();
  world.set_level(PressureLevel::critical);
  world.run(30s);
  REQUIRE(world.holds(id, ActionKind::suspend));
  world.base.pressure.reset();
  world.run(14s);
  CHECK(world.holds(id, ActionKind::suspend));
  world.run(4s);
  CHECK_FALSE(world.holds(id, ActionKind::suspend));
  CHECK(world.count(EventKind::reading_lost) == 1);
  CHECK(world.said(EventKind::reading_lost) == "memory pressure is unknown for 15 s: no reading");
  world.run(60s);
  CHECK(world.count(EventKind::reading_lost) == 1);
  world.base.pressure = PressureReading{};
  world.run(3s);
  CHECK(world.count(EventKind::reading_back) == 1);
}

TEST_CASE("a reading that never was is not lost") {
  World world;
  world.base.thermal.reset();
  world.base.swap.reset();
  world.run(5min);
  CHECK(world.count(EventKind::reading_lost) == 0);
  CHECK(world.rule_status("thermal_heavy").text == "thermal level unknown: no reading");
}

TEST_CASE("the text of a rule carries the numbers of the group that tripped") {
  World world;
  world.make_busy();
  world.swap_out = 38e6;
  world.run(20s);
  CHECK(world.rule_status("swap_out_fast").text.starts_with("swap-out 38 MB/s >= 20 MB/s for"));
  CHECK(world.rule_status("memory_used_high").text == "memory used 40 %, trips at 80 %");
}

TEST_CASE("a reload that changes a rule's detectors starts it anew and releases its holds") {
  World world;
  const auto id = world.add_target(10, "mds", 0.1, TargetMode::background);
  world.make_busy();
  world.set_level(PressureLevel::warning);
  world.run(20s);
  REQUIRE(world.holds(id, ActionKind::background));
  world.config.rules = {rule("other", RuleNeeds::busy, {{{detector("thermal_level", 2, 2)}}},
                             {LadderStep::background})};
  world.run(2s);
  CHECK_FALSE(world.holds(id, ActionKind::background));
  CHECK(world.state.rules.size() == 1);
}

TEST_CASE("what a reload takes out of a rule's scope or ladder is released, though the rule still trips") {
  World world;
  world.make_busy();
  RuleConfig all = rule("all", RuleNeeds::busy, {{{detector("memory_used_percent", 10, 5, 0s)}}},
                        {LadderStep::background});
  const auto photo = world.add_target(600, "photoanalysisd", 0.5);
  world.config.rules = {all};
  world.run(5s);
  REQUIRE(world.holds(photo, ActionKind::background));
  SECTION("the row") { all.scope.targets = {"mds"}; }
  SECTION("the step") { all.ladder = {LadderStep::report}; }
  world.config.rules = {all};
  world.run(3s);
  CHECK_FALSE(world.holds(photo, ActionKind::background));
  CHECK(world.rule_status("all").tripped);
}

TEST_CASE("a rule with a scope acts on the targets that it is about, and on no others") {
  World world;
  world.make_busy();
  RuleConfig photos = rule("photos", RuleNeeds::busy, {{{detector("memory_used_percent", 10, 5, 0s)}}},
                           {LadderStep::suspend});
  const auto photo = world.add_target(600, "photoanalysisd", 0.5);
  const auto media = world.add_target(601, "mediaanalysisd", 0.2);
  world.process(media).footprint = Bytes{3'000'000'000};
  SECTION("by name") {
    photos.scope.targets = {"mediaanalysisd"};
    world.config.rules = {photos};
    world.run(5s);
    CHECK(world.holds(media, ActionKind::suspend));
    CHECK_FALSE(world.holds(photo, ActionKind::suspend));
  }
  SECTION("by what it wants of the CPU") {
    photos.scope.cpu = Percent{40};
    world.config.rules = {photos};
    world.run(5s);
    CHECK(world.holds(photo, ActionKind::suspend));
    CHECK_FALSE(world.holds(media, ActionKind::suspend));
    CHECK(world.why(media) == "photos is about others, or about more than it takes");
  }
  SECTION("by its memory") {
    photos.scope.footprint = Bytes{1'000'000'000};
    world.config.rules = {photos};
    world.run(5s);
    CHECK(world.holds(media, ActionKind::suspend));
    CHECK_FALSE(world.holds(photo, ActionKind::suspend));
  }
}
