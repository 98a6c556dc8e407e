#include "decide/bans.h"

#include "support.h"
#include "support/catch.h"

using namespace m1opt::test;

namespace {

struct BanBench {
  Config config = default_config();
  Sample sample;
  Decision decision;
  Instant now{1h};
  State state;

  template <class Do>
  auto at(Instant when, Do&& act) {
    now = when;
    Decision next;
    Tick tick(state, sample, config, now, next);
    auto result = act(tick);
    state = next.next;
    return result;
  }
};

const ProcessId kOne{1, 1};

}  // namespace

TEST_CASE("a ban on a row covers its processes, a ban on a process no other one") {
  BanBench bench;
  bench.at(bench.now, [](Tick& tick) {
    add_ban(tick, "row", {}, BanCause::cooldown, std::nullopt, 60s);
    add_ban(tick, "other", kOne, BanCause::breather, ActionKind::suspend, 60s);
    CHECK(find_ban(tick, "row", kOne, std::nullopt));
    CHECK(find_ban(tick, "row", kOne, ActionKind::suspend));
    CHECK(find_ban(tick, "other", kOne, ActionKind::suspend));
    CHECK_FALSE(find_ban(tick, "other", kOne, ActionKind::background));
    CHECK_FALSE(find_ban(tick, "other", kOne, std::nullopt));
    CHECK_FALSE(find_ban(tick, "other", {2, 2}, ActionKind::suspend));
    return 0;
  });
}

TEST_CASE("a ban ends at its time and is forgotten") {
  BanBench bench;
  bench.at(Instant{1h}, [](Tick& tick) {
    add_ban(tick, "row", {}, BanCause::cooldown, std::nullopt, 60s);
    return 0;
  });
  CHECK(bench.at(Instant{1h + 59s}, [](Tick& tick) {
    return ban_text(*find_ban(tick, "row", kOne, std::nullopt), tick.now);
  }) == "cooldown, 1 s left");
  bench.at(Instant{1h + 60s}, [](Tick& tick) {
    CHECK_FALSE(find_ban(tick, "row", kOne, std::nullopt));
    prune_bans(tick);
    CHECK(tick.state.bans.empty());
    return 0;
  });
}

TEST_CASE("a failing action backs off for 60 s, doubling to an hour, and is reported once") {
  BanBench bench;
  Instant now{1h};
  const std::vector<Duration> expected{60s, 120s, 240s, 480s, 960s, 1920s, 1h, 1h};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const bool first = bench.at(
        now, [](Tick& tick) { return add_back_off(tick, "row", ActionKind::background, OutcomeCode::failed, "no"); });
    CHECK(first == (i == 0));
    bench.at(now + expected[i] - 1s, [](Tick& tick) {
      CHECK(find_back_off(tick, "row", ActionKind::background) != nullptr);
      CHECK(find_back_off(tick, "row", ActionKind::suspend) == nullptr);
      return 0;
    });
    now = now + expected[i];
    bench.at(now, [](Tick& tick) {
      CHECK(find_back_off(tick, "row", ActionKind::background) == nullptr);
      return 0;
    });
  }
}

TEST_CASE("a value is set again three times in ten minutes and no more") {
  BanBench bench;
  const auto reset = [&](Instant when) {
    return bench.at(when, [](Tick& tick) { return note_reset(tick, kOne, ActionKind::raise); });
  };
  CHECK(reset(Instant{1h}));
  CHECK(reset(Instant{1h + 60s}));
  CHECK(reset(Instant{1h + 120s}));
  CHECK_FALSE(reset(Instant{1h + 180s}));
  CHECK(reset(Instant{1h + 900s}));
}

TEST_CASE("after a suspension a process runs for a fifth of the time, a minute at the least") {
  const LimitsConfig limits;
  CHECK(breather_after(limits, 600s, true) == 150s);
  CHECK(breather_after(limits, 60s, true) == 60s);
  CHECK(breather_after(limits, 60s, false) == 15s);
}

TEST_CASE("a background that somebody resets is done again three times and then left") {
  World world;
  const auto id = world.add_target(10, "mds", 1, TargetMode::background);
  world.make_busy();
  world.run(10s);
  world.forget_log();
  for (int i = 0; i < 8; ++i) {
    world.process(id).background = false;
    world.run(30s);
  }
  CHECK(world.count(ActionVerb::begin, ActionKind::background) == 3);
  CHECK(world.why(id).find("somebody else keeps resetting it") != std::string::npos);
  CHECK(world.said(EventKind::target_refused) ==
        "the priority of mds (pid 10) was reset 4 times in 10 min: left alone for 30 min");
}
