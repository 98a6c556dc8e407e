// However wrong a rule or a request is, it reaches few processes, and none that is protected.
#include <algorithm>

#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

namespace {

/// A rule that always wants to suspend whatever it may.
World greedy() {
  World world;
  world.config.rules = {rule("greedy", RuleNeeds::nothing,
                             {{{detector("memory_used_percent", 1, 0, 0s)}}}, {LadderStep::suspend})};
  return world;
}

}  // namespace

TEST_CASE("a rule that would match 2,000 processes acts on none and says so once") {
  World world = greedy();
  for (int pid = 1000; pid < 3000; ++pid) world.add_target(pid, "photoanalysisd", 1);
  world.run(2min);
  CHECK(world.actions.empty());
  REQUIRE(world.count(EventKind::target_refused) == 1);
  CHECK(world.said(EventKind::target_refused) ==
        "2000 processes of uid 1000 match photoanalysisd, more than 32: none of them is acted on");
  world.command(SuspendCommand{"photoanalysisd", {}, 60s});
  world.tick();
  CHECK(reply_of(world).code == ReplyCode::refused);
  world.command(SuspendCommand{{}, ProcessId{1500, 15000}, 60s});
  world.tick();
  CHECK(reply_of(world).code == ReplyCode::refused);
  CHECK(world.actions.empty());
}

TEST_CASE("a crowd that one user starts keeps nothing off the processes of others") {
  World world = greedy();
  for (int pid = 1000; pid < 1100; ++pid) world.add_target(pid, "photoanalysisd", 1);
  for (auto& [pid, target] : world.targets) target.sample.process.uid = 4711;
  const auto mine = world.add_target(2000, "photoanalysisd", 1);
  world.run(2min);
  CHECK(world.holds(mine, ActionKind::suspend));
  CHECK(world.suspended() == 1);
  CHECK(world.why({1000, 10000}) == "100 processes of uid 4711 match, more than 32: none of them is acted on");
  CHECK(world.count(EventKind::target_refused) == 1);
}

TEST_CASE("who suspends by hand again and again cannot keep a process stopped") {
  World world;
  const auto id = world.add_target(10, "photoanalysisd", 1);
  world.command(SuspendCommand{{}, id, 600s});
  world.run(601s);
  REQUIRE_FALSE(world.holds(id, ActionKind::suspend));
  world.replies.clear();
  world.command(SuspendCommand{{}, id, 600s});
  world.tick();
  CHECK(reply_of(world).text.find("it was suspended and may run now, ") != std::string::npos);
  CHECK_FALSE(world.holds(id, ActionKind::suspend));
  world.run(150s);
  world.command(SuspendCommand{{}, id, 600s});
  world.run(2s);
  CHECK(world.holds(id, ActionKind::suspend));
}

TEST_CASE("suspensions by hand count towards the most in an hour, and end there") {
  World world;
  world.config.limits.suspensions_per_hour = 4;
  for (int pid = 1; pid <= 5; ++pid) {
    const auto id = world.add_target(pid, "photoanalysisd", 1);
    world.replies.clear();
    world.command(SuspendCommand{{}, id, 60s});
    world.run(2s);
    CHECK(world.holds(id, ActionKind::suspend) == (pid < 5));
    if (pid == 5) {
      CHECK(reply_of(world).text ==
            "photoanalysisd (pid 5): 4 were suspended in the last hour, the most allowed");
    }
    world.command(ResumeCommand{false, {}, id});
    world.run(2s);
  }
}

TEST_CASE("namesakes that come one by one are left alone from the first too many on") {
  World world = greedy();
  for (int pid = 1000; pid < 1100; ++pid) {
    world.add_target(pid, "photoanalysisd", 1);
    world.run(1s);
    REQUIRE(world.suspended() <= 3);
  }
  world.forget_log();
  world.run(20min);  // every suspension has run out
  CHECK(world.suspended() == 0);
  CHECK(world.count(ActionVerb::begin, ActionKind::suspend) == 0);
}

TEST_CASE("at most three are held at once and thirty suspended in an hour, however many rows match") {
  World world = greedy();
  world.config.limits.max_suspend = 20s;
  world.config.limits.cooldown = 0s;
  world.config.limits.breather = 1s;
  world.config.limits.duty = Percent{0};
  for (int pid = 1000; pid < 1030; ++pid) world.add_target(pid, "photoanalysisd", 1);
  for (int pid = 2000; pid < 2030; ++pid) world.add_target(pid, "mediaanalysisd", 1);
  const Instant end = world.now + 5h;
  while (world.now < end) {
    world.tick();
    REQUIRE(world.suspended() <= 3);
    const auto recent = std::count_if(world.actions.begin(), world.actions.end(), [&](const auto& entry) {
      return entry.second.verb == ActionVerb::begin && world.now - entry.first < 1h;
    });
    REQUIRE(recent <= 30);
    world.pass(world.last.period);
  }
  CHECK(world.count(ActionVerb::begin, ActionKind::suspend) > 30);
}

TEST_CASE("namesakes that are refused for one reason are one event, however many start at once") {
  World world = greedy();
  const auto start = [&](std::int32_t pid, const std::string& why) {
    world.base.refused.push_back({"photoanalysisd", ProcessId{pid, 1}, "photoanalysisd", why});
  };
  start(10, "it is another user's");
  world.run(5s);
  CHECK(world.said(EventKind::target_refused) ==
        "photoanalysisd (pid 10) is left alone: it is another user's");
  world.forget_log();
  world.run(10min);
  for (std::int32_t pid = 100; pid < 164; ++pid) start(pid, "it is another user's");
  start(200, "it is on the protected list");
  world.run(5s);
  CHECK(world.count(EventKind::target_refused) == 2);
  CHECK(std::any_of(world.reasons.begin(), world.reasons.end(), [](const auto& reason) {
    return reason.text ==
           "photoanalysisd (pid 100) and 63 more that match photoanalysisd are left alone: it is another user's";
  }));
  world.forget_log();
  world.run(1h);
  CHECK(world.count(EventKind::target_refused) == 0);
}

TEST_CASE("namesakes that are started anew each second are an event every ten minutes, with their number") {
  World world = greedy();
  const std::vector<std::string> rows{"photoanalysisd", "mediaanalysisd", "mds"};
  std::int32_t pid = 100;
  const Instant end = world.now + 1h;
  while (world.now < end) {
    world.base.refused.clear();
    for (const auto& row : rows) world.base.refused.push_back({row, {++pid, 1}, row, "it is another user's"});
    world.tick();
    world.pass(1s);
  }
  CHECK(world.count(EventKind::target_refused) == 3 * 6);
  CHECK(world.said(EventKind::target_refused) ==
        "600 more that match photoanalysisd were left alone within 10 min: it is another user's");
  // Those of the last minutes are not forgotten, and what has ended is not told again and again.
  world.base.refused.clear();
  world.forget_log();
  world.run(1h);
  CHECK(world.count(EventKind::target_refused) == 3);
  CHECK(world.state.refusals.empty());
}

TEST_CASE("reasons that name thousands of users are a few events of each row, and hide no other row's") {
  World world = greedy();
  std::int32_t pid = 100;
  const auto churn = [&](int seconds) {
    for (int i = 0; i < seconds; ++i) {
      world.base.refused.clear();
      const auto uid = std::to_string(++pid);
      world.base.refused.push_back({"photoanalysisd", {pid, 1}, "photoanalysisd", "it belongs to uid " + uid});
      world.tick();
      world.pass(1s);
    }
  };
  churn(1800);
  CHECK(world.count(EventKind::target_refused) <= 3 * 8 + 8);
  CHECK(world.state.refusals.size() <= 8);
  world.forget_log();
  world.base.refused.push_back({"mds", {9, 1}, "mds", "a watchdog guards it"});
  world.tick();
  CHECK(std::any_of(world.reasons.begin(), world.reasons.end(), [](const auto& reason) {
    return reason.text == "mds (pid 9) is left alone: a watchdog guards it";
  }));
}

TEST_CASE("a crowd that grows and shrinks about the limit is not an event each time") {
  World world = greedy();
  for (int pid = 1000; pid < 1032; ++pid) world.add_target(pid, "photoanalysisd", 0);
  for (int i = 0; i < 900; ++i) {
    if (i % 2 == 0) {
      world.add_target(2000 + i, "photoanalysisd", 0);
    } else {
      world.targets.erase(2000 + i - 1);
    }
    world.tick();
    world.pass(1s);
  }
  CHECK(world.count(EventKind::target_refused) == 2);
}

TEST_CASE("what is protected cannot be suspended by name nor by pid, whoever asks") {
  World world = greedy();
  const ProcessId id = world.add_target(20, "photoanalysisd", 1);
  world.base.refused.push_back({"photoanalysisd", id, "sshd", "it is on the protected list"});
  for (const bool administrator : {true, false}) {
    world.command(SuspendCommand{"photoanalysisd", {}, 60s}, administrator, 0);
    world.command(SuspendCommand{{}, id, 60s}, administrator, 0);
  }
  world.run(1min);
  CHECK(world.actions.empty());
  for (const auto& reply : world.replies) CHECK(reply.code != ReplyCode::ok);
}
