#include "decide/commands.h"

#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

namespace {

std::vector<Action> with_command(const World& world) {
  std::vector<Action> list;
  for (const auto& [at, action] : world.actions) {
    if (action.command != 0) list.push_back(action);
  }
  return list;
}

}  // namespace

TEST_CASE("pause undoes everything in the same tick, priority too, and begins nothing") {
  World world;
  world.add_target(10, "photoanalysisd", 1);
  world.make_busy();
  world.set_level(PressureLevel::critical);
  world.run(20s);
  REQUIRE(world.state.holds.size() == 4);
  world.forget_log();
  world.command(PauseCommand{});
  world.tick();
  REQUIRE(world.actions.size() == 4);
  CHECK(world.actions[0].second.kind == ActionKind::suspend);
  for (const auto& action : with_command(world)) CHECK(action.verb == ActionVerb::end);
  CHECK(with_command(world).size() == 4);  // each outcome is part of the reply
  CHECK(world.replies.empty());            // which app/ gives when they are in
  CHECK(world.last.mode == Mode::paused);
  CHECK(world.last.pause.until_instant == world.now + 30min);
  world.forget_log();
  world.run(29min);
  CHECK(world.actions.empty());
  CHECK(world.state.holds.empty());
  CHECK(world.why({10, 100}) == "m1opt is paused");
}

TEST_CASE("a pause without a duration is over after 30 minutes") {
  World world;
  world.command(PauseCommand{});
  world.tick();
  CHECK(reply_of(world).text == "paused for 30 min");
  const Instant paused = world.now;
  world.pass(0s);
  world.run(29min + 59s);
  CHECK(world.state.pause.active);
  world.run(2s);
  CHECK_FALSE(world.state.pause.active);
  CHECK(world.said(EventKind::command) == "the pause is over");
  CHECK(world.now - paused < 30min + 5s);  // not as late as the idle period
}

TEST_CASE("a pause until unpause lasts") {
  World world;
  world.command(PauseCommand{std::nullopt, true});
  world.run(5h);
  CHECK(world.state.pause.active);
  CHECK_FALSE(world.last.pause.until_instant);
  world.replies.clear();
  world.command(UnpauseCommand{});
  world.tick();
  CHECK(reply_of(world).code == ReplyCode::ok);
  CHECK(world.last.mode == Mode::active);
}

TEST_CASE("a pause that app/ restored holds") {
  World world;
  world.state.pause = {true, world.now + 60s, 501};
  world.add_target(10, "photoanalysisd", 1);
  world.make_busy();
  world.set_level(PressureLevel::critical);
  world.run(50s);
  CHECK(world.actions.empty());
  CHECK(world.last.pause.uid == 501);
}

TEST_CASE("after unpause the rules act at once") {
  World world;
  world.add_target(10, "photoanalysisd", 1);
  world.make_busy();
  world.set_level(PressureLevel::critical);
  world.run(20s);
  world.command(PauseCommand{});
  world.run(60s);
  world.forget_log();
  world.command(UnpauseCommand{});
  world.run(5s);
  CHECK(world.begins() >= 1);
}

TEST_CASE("a pause of no time is refused") {
  World world;
  world.command(PauseCommand{0s, false});
  world.tick();
  CHECK(reply_of(world).code == ReplyCode::unprocessable);
  CHECK_FALSE(world.state.pause.active);
}

TEST_CASE("a user suspends a row, with a deadline of his own") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 1);
  world.command(SuspendCommand{"photoanalysisd", std::nullopt, 120s});
  world.tick();
  REQUIRE(with_command(world).size() == 1);
  CHECK(with_command(world)[0].deadline == world.now + 120s);
  CHECK(world.replies.empty());
  world.run(2s);
  REQUIRE(world.holds(id, ActionKind::suspend));
  CHECK(find_hold(world.state, id, ActionKind::suspend)->manual);
  world.run(119s);
  CHECK_FALSE(world.holds(id, ActionKind::suspend));
}

TEST_CASE("a rule neither ends nor prolongs a manual suspension") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 1);
  world.make_busy();
  world.set_level(PressureLevel::critical);
  world.command(SuspendCommand{{}, id, 100s});
  world.run(20s);
  const Hold* hold = find_hold(world.state, id, ActionKind::suspend);
  REQUIRE(hold != nullptr);
  CHECK(hold->manual);
  const Instant deadline = hold->deadline;
  world.set_level(PressureLevel::normal);
  world.run(60s);  // the rule has cleared
  CHECK(world.holds(id, ActionKind::suspend));
  world.set_level(PressureLevel::critical);
  world.run(deadline - world.now + 1s);
  CHECK_FALSE(world.holds(id, ActionKind::suspend));
  world.run(50s);
  CHECK_FALSE(world.holds(id, ActionKind::suspend));  // its breather, also from rules
}

TEST_CASE("a manual suspension outlives the quiet time") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 0);
  world.command(SuspendCommand{{}, id, 600s});
  world.run(500s);
  CHECK(world.holds(id, ActionKind::suspend));
}

TEST_CASE("no time given is the longest allowed, and a row's own limit holds") {
  World world;
  const auto worker = world.add_target(10, "mdworker", 0);
  const auto photo = world.add_target(11, "photoanalysisd", 0);
  world.command(SuspendCommand{{}, worker, 500s});
  world.command(SuspendCommand{{}, photo, 0s});
  world.tick();
  REQUIRE(with_command(world).size() == 2);
  CHECK(with_command(world)[0].deadline == world.now + 60s);
  CHECK(with_command(world)[1].deadline == world.now + 600s);
}

TEST_CASE("what may not be suspended by hand is refused with the reason") {
  World world;
  const auto plain = world.add_target(10, "mds", 1, TargetMode::background);
  const auto mine = world.add_target(11, "photoanalysisd", 1);
  const auto stopped = world.add_target(12, "mediaanalysisd", 1);
  world.process(stopped).state = RunState::stopped;
  world.start_llm(0);
  const ProcessId refused{70, 700};
  world.base.refused.push_back(
      {"photoanalysisd", refused, "photoanalysisd", "a watchdog guards it"});
  struct Case {
    SuspendCommand wish;
    ReplyCode code;
    std::string text;
  };
  const std::vector<Case> cases{
      {{"mds", {}, 60s}, ReplyCode::refused, "background only"},
      {{{}, plain, 60s}, ReplyCode::refused, "background only"},
      {{{}, stopped, 60s}, ReplyCode::refused, "somebody else stopped it"},
      {{{}, refused, 60s}, ReplyCode::refused, "a watchdog guards it"},
      {{{}, kRunner, 60s}, ReplyCode::refused, "part of the workload ollama"},
      {{{}, ProcessId{11, 999}, 60s}, ReplyCode::not_found, "pid 11 with this start"},
      {{"nonsense", {}, 60s}, ReplyCode::not_found, "'nonsense' is no row of the targets table"},
      {{"tracker-miner-fs-3", {}, 60s}, ReplyCode::not_found, "no process of tracker-miner-fs-3"},
      {{{}, mine, 601s}, ReplyCode::unprocessable, "between 1 and 600"},
      {{{}, mine, -1s}, ReplyCode::unprocessable, "between 1 and 600"},
  };
  for (const auto& entry : cases) {
    INFO(entry.text);
    world.command(entry.wish);
    world.tick();
    const auto reply = reply_of(world);
    CHECK(reply.code == entry.code);
    CHECK(reply.text.find(entry.text) != std::string::npos);
    world.pass(1s);
  }
  CHECK(world.actions.empty());
}

TEST_CASE("who is no administrator suspends only processes of his own") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 1);
  world.command(SuspendCommand{{}, id, 60s}, false, 1001);
  world.tick();
  CHECK(reply_of(world).text == "photoanalysisd (pid 10): it belongs to another user");
  world.command(SuspendCommand{{}, id, 60s}, false, 1000);
  world.tick();
  CHECK(with_command(world).size() == 1);
}

TEST_CASE("the cap holds for users too: the hungriest three of a row") {
  World world;
  for (int pid = 10; pid < 15; ++pid) world.add_target(pid, "photoanalysisd", 0.1 * (pid - 9));
  world.tick();
  world.pass(1s);
  world.tick();
  world.command(SuspendCommand{"photoanalysisd", {}, 60s});
  world.pass(1s);
  world.tick();
  const auto actions = with_command(world);
  REQUIRE(actions.size() == 3);
  CHECK(actions[0].process.pid == 14);
  CHECK(actions[2].process.pid == 12);
  world.command(SuspendCommand{{}, ProcessId{10, 100}, 60s});
  world.pass(1s);
  world.tick();
  CHECK(reply_of(world).text ==
        "photoanalysisd (pid 10): 3 processes are suspended already, the most allowed");
}

TEST_CASE("suspending twice is a conflict, in one tick and later") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 1);
  world.command(SuspendCommand{{}, id, 60s});
  world.command(SuspendCommand{{}, id, 60s});
  world.tick();
  CHECK(reply_of(world).code == ReplyCode::conflict);
  CHECK(with_command(world).size() == 1);
  world.pass(1s);
  world.command(SuspendCommand{{}, id, 60s});
  world.tick();
  CHECK(reply_of(world).code == ReplyCode::conflict);
}

TEST_CASE("in the tick of a user's suspension no rule begins anything") {
  World world;
  world.config.rules.front().needs = RuleNeeds::nothing;
  world.config.rules.front().any.front().all.front().hold = 0s;
  const auto mine = world.add_target(10, "photoanalysisd", 0);
  world.add_target(11, "mediaanalysisd", 1);
  world.set_level(PressureLevel::critical);
  world.command(SuspendCommand{{}, mine, 60s});
  world.tick();
  REQUIRE(world.actions.size() == 1);
  CHECK(world.actions.front().second.process == mine);
  CHECK(world.last.period <= 250ms);
  world.pass(world.last.period);
  world.tick();
  CHECK(world.actions.size() == 2);
}

TEST_CASE("suspending while paused is a conflict that names the way out") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 1);
  world.command(PauseCommand{});
  world.tick();
  world.replies.clear();
  world.command(SuspendCommand{{}, id, 60s});
  world.pass(1s);
  world.tick();
  const auto reply = reply_of(world);
  CHECK(reply.code == ReplyCode::conflict);
  CHECK(reply.text.find("unpause first") != std::string::npos);
}

TEST_CASE("a suspension and a pause in one tick: the pause wins and both are answered") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 1);
  world.command(SuspendCommand{{}, id, 60s});
  world.command(PauseCommand{});
  world.tick();
  CHECK(world.actions.empty());
  CHECK(world.state.pending.empty());
  REQUIRE(world.replies.size() == 2);
  CHECK(world.replies[0].code == ReplyCode::conflict);
  CHECK(world.replies[1].code == ReplyCode::ok);
}

TEST_CASE("a manual resume keeps the rules off that target for 30 minutes") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 1);
  world.make_busy();
  world.set_level(PressureLevel::critical);
  world.run(20s);
  REQUIRE(world.holds(id, ActionKind::suspend));
  world.forget_log();
  const Instant asked = world.now;
  world.command(ResumeCommand{false, "photoanalysisd", {}});
  world.run(1s);
  CHECK(with_command(world).size() == 2);  // suspend and background
  CHECK_FALSE(world.holds(id, ActionKind::suspend));
  CHECK_FALSE(world.holds(id, ActionKind::background));
  CHECK(world.holds(kRunner, ActionKind::raise));
  CHECK(world.why(id).starts_with("a user resumed it, so the rules keep off it, "));
  world.run(asked + 29min - world.now);
  CHECK(world.begins() == 0);
  world.run(2min);
  CHECK(world.begins() >= 1);
}

TEST_CASE("resuming one process leaves the others of its row to the rules") {
  World world;
  const auto one = world.add_target(10, "photoanalysisd", 1);
  const auto two = world.add_target(11, "photoanalysisd", 1);
  world.make_busy();
  world.set_level(PressureLevel::critical);
  world.run(20s);
  world.command(ResumeCommand{false, {}, one});
  world.run(60s);
  CHECK_FALSE(world.holds(one, ActionKind::suspend));
  CHECK(world.holds(two, ActionKind::suspend));
}

TEST_CASE("resume all ends every hold on targets and keeps the rules off them") {
  World world;
  world.add_target(10, "photoanalysisd", 1);
  world.add_target(11, "mediaanalysisd", 1);
  world.make_busy();
  world.set_level(PressureLevel::critical);
  world.run(20s);
  world.forget_log();
  world.command(ResumeCommand{true, {}, {}});
  world.run(10min);
  CHECK(with_command(world).size() == 4);
  CHECK(world.begins() == 0);
  CHECK(world.holds(kRunner, ActionKind::raise));
}

TEST_CASE("resume says what it found") {
  World world;
  world.command(ResumeCommand{true, {}, {}});
  world.tick();
  CHECK(reply_of(world).text == "nothing is held");
  world.command(ResumeCommand{false, "mds", {}});
  world.tick();
  CHECK(reply_of(world).text == "mds is not held; the rules keep off it for 30 min");
  world.command(ResumeCommand{false, "nonsense", {}});
  world.tick();
  CHECK(reply_of(world).code == ReplyCode::not_found);
  world.command(ResumeCommand{false, {}, ProcessId{4, 4}});
  world.tick();
  CHECK(reply_of(world).text == "pid 4 is no target and not held");
}

TEST_CASE("reload is passed on and answered by whoever reads the file") {
  World world;
  world.command(ReloadCommand{});
  world.tick();
  CHECK(world.last.reload);
  CHECK(world.replies.empty());
  world.tick();
  CHECK_FALSE(world.last.reload);
}

TEST_CASE("each command is one event that names who asked") {
  World world;
  world.command(PauseCommand{60s, false}, true, 501);
  world.tick();
  CHECK(world.said(EventKind::command) == "uid 501: paused for 60 s");
}
