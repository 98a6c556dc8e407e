#include "decide/errands.h"

#include "decide/metrics.h"
#include "support.h"
#include "wire/config_text.h"
#include "wire/default_config.h"

using namespace m1opt::test;

namespace {

LoadedModel model(const std::string& name, const std::string& expires) {
  return {name, Bytes{4'000'000'000}, 4096, expires};
}

/// Memory critical for long, Ollama idle with two models, of which one was used last.
struct FullMac {
  World world;

  FullMac() {
    world.config.rules = {rule("rescue", RuleNeeds::nothing, {{{detector("pressure_level", 2, 2, 5s)}}},
                               {LadderStep::unload_idle_models})};
    world.start_llm(0);
    world.llm.models = {model("old", "10:00"), model("recent", "10:05")};
    world.run(20s);
    world.llm.models = {model("old", "10:00"), model("recent", "10:09")};
    world.run(30s);
    world.set_level(PressureLevel::critical);
  }

  void answer(ErrandResult result) {
    REQUIRE_FALSE(world.errands.empty());
    world.add_outcome(ErrandOutcome{world.errands.back(), result, "as told"});
  }
  [[nodiscard]] std::vector<std::string> unloaded() const {
    std::vector<std::string> names;
    for (const auto& errand : world.errands) names.push_back(errand.subject);
    return names;
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("the model that has been idle longest is unloaded first, the next one after its effect could show") {
  FullMac mac;
  mac.world.run(15s);
  REQUIRE(mac.unloaded() == Names{"old"});
  CHECK(mac.world.errands.front().reason.find("rescue: memory pressure critical") == 0);
  mac.answer(ErrandResult::done);
  mac.world.llm.models = {model("recent", "10:09")};
  mac.world.run(14s);
  CHECK(mac.unloaded() == Names{"old"});
  CHECK(mac.world.said(EventKind::action_done) == "unloading the idle model old: as told");
  mac.world.run(5s);
  CHECK(mac.unloaded() == Names{"old", "recent"});
}

TEST_CASE("of models that were there before the daemon the one that would expire first goes first") {
  World world;
  world.config.rules = {rule("rescue", RuleNeeds::nothing, {{{detector("pressure_level", 2, 2, 0s)}}},
                             {LadderStep::unload_idle_models})};
  world.start_llm(0);
  world.llm.models = {model("a", "10:05"), model("b", "10:00")};
  world.run(30s);
  world.set_level(PressureLevel::critical);
  world.run(15s);
  REQUIRE(world.errands.size() == 1);
  CHECK(world.errands.front().subject == "b");
}

TEST_CASE("a rule that acts and asks nobody says what keeps it") {
  FullMac mac;
  mac.world.run(15s);
  REQUIRE(mac.unloaded() == Names{"old"});
  CHECK(mac.world.rule_status("rescue").obstacle == "it has asked, and has no answer yet");
  mac.answer(ErrandResult::done);
  mac.world.llm.models = std::vector<LoadedModel>{};
  mac.world.run(2s);
  CHECK(mac.world.rule_status("rescue").obstacle.starts_with("it asks again in "));
  mac.world.run(20s);
  CHECK(mac.world.rule_status("rescue").obstacle == "no model of Ollama's is idle while nothing works");
}

TEST_CASE("nothing is unloaded when the pressure is gone, somebody works, or nobody answers") {
  FullMac mac;
  SECTION("gone") { mac.world.set_level(PressureLevel::normal); }
  SECTION("busy") {
    mac.world.set_level(PressureLevel::normal);
    mac.world.make_busy();
    mac.world.set_level(PressureLevel::critical);
  }
  SECTION("a request runs") { mac.world.llm.request_running = true; }
  SECTION("leased") { mac.world.llm.leased = true; }
  SECTION("no answer") { mac.world.llm.models.reset(); }
  SECTION("paused") { mac.world.command(PauseCommand{}); }
  SECTION("off") { mac.world.configured("rescue").enabled = false; }
  SECTION("unknown") { mac.world.base.pressure.reset(); }
  mac.world.run(60s);
  CHECK(mac.world.errands.empty());
}

TEST_CASE("a server that has just appeared is not taken for idle before its processes were compared") {
  World world;
  world.config.rules = {rule("rescue", RuleNeeds::nothing, {{{detector("pressure_level", 2, 2, 0s)}}},
                             {LadderStep::unload_idle_models})};
  world.set_level(PressureLevel::critical);
  world.start_llm(1);
  world.llm.models = {model("working", "10:00")};
  world.run(20s);
  CHECK(world.errands.empty());
}

TEST_CASE("an errand is not repeated before its outcome, and one that failed backs off") {
  FullMac mac;
  mac.world.run(60s);
  REQUIRE(mac.world.errands.size() == 1);
  mac.answer(ErrandResult::failed);
  mac.world.run(55s);
  CHECK(mac.world.errands.size() == 1);
  CHECK(mac.world.said(EventKind::action_failed).find("not tried again for 60 s") != std::string::npos);
  mac.world.run(20s);
  REQUIRE(mac.world.errands.size() == 2);
  mac.answer(ErrandResult::failed);
  mac.world.run(115s);
  CHECK(mac.world.errands.size() == 2);
}

TEST_CASE("what the system does not have is asked for once") {
  FullMac mac;
  mac.world.run(15s);
  mac.answer(ErrandResult::unsupported);
  mac.world.run(1h);
  CHECK(mac.world.errands.size() == 1);
}

TEST_CASE("a backup that takes CPU is ended, one that waits for its hour is not, and the next one may run") {
  World world;
  world.config.targets.push_back({"backupd", {"backupd"}, TargetMode::background, {}, {}});
  world.config.rules = {rule("backup", RuleNeeds::busy, {{{detector("memory_used_percent", 10, 5, 0s)}}},
                             {LadderStep::stop_backup})};
  world.make_busy();
  const auto backup = world.add_target(700, "backupd", 0);
  world.run(20s);
  CHECK(world.errands.empty());
  world.targets.at(backup.pid).appetite = 0.5;
  world.run(10s);
  REQUIRE(world.errands.size() == 1);
  CHECK(world.errands.front().kind == ErrandKind::stop_backup);
  world.add_outcome(ErrandOutcome{world.errands.front(), ErrandResult::done, "tmutil stopbackup exited with 0"});
  world.run(100min);
  CHECK(world.errands.size() == 1);
  world.run(30min);
  CHECK(world.errands.size() == 2);
}

TEST_CASE("the shipped rule ends no backup for what somebody else takes, and ends one that is in the way") {
  const auto shipped = m1opt::wire::parse_config(m1opt::wire::kDefaultConfig, "shipped", known_metrics());
  REQUIRE(shipped);
  World world;
  world.config = *shipped;
  world.configured("backup_in_the_way").enabled = true;
  world.make_busy();
  const auto backup = world.add_target(700, "backupd", 0.02, TargetMode::background);
  world.targets.at(backup.pid).deaf = true;
  world.targets.at(world.add_target(701, "photoanalysisd", 1.0).pid).deaf = true;
  world.run(10min);
  CHECK(world.errands.empty());
  CHECK_FALSE(world.rule_status("backup_in_the_way").tripped);
  SECTION("the backup takes a third of a core for long") {
    world.targets.at(backup.pid).appetite = 0.33;
    world.run(45s);
    REQUIRE(world.errands.size() == 1);
    CHECK(world.errands.front().rule == "backup_in_the_way");
  }
  SECTION("the scope asks for more than the reading") {
    world.configured("backup_in_the_way").scope.cpu = Percent{50};
    world.targets.at(backup.pid).appetite = 0.33;
    world.run(45s);
    CHECK(world.rule_status("backup_in_the_way").tripped);
    CHECK(world.errands.empty());
  }
}
