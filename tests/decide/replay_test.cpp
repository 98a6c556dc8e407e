#include "decide/replay.h"

#include <random>

#include "support.h"

using namespace m1opt::test;

namespace {

TraceHeader header_of(const std::string& run, Duration started = 0s) {
  TraceHeader header;
  header.run = run;
  header.started.point += std::chrono::duration_cast<std::chrono::system_clock::duration>(started);
  return header;
}

TraceAction kept(const Action& action, Instant now) {
  return {action.verb,   action.kind,           action.process, action.target, action.record,
          action.deadline - now, action.nice, action.reason,  action.command};
}

/// What a daemon would have written down.
struct Recording {
  explicit Recording(World& world) : begun(world.now) {
    world.watch = [this, &world](const Sample& sample, const Decision& decision) {
      TraceTick tick;
      tick.at = world.now - begun;
      tick.period = decision.period;
      tick.sample = sample;
      tick.sample.outcomes.clear();
      for (const Outcome& o : sample.outcomes) {
        tick.notes.outcomes.push_back({o.verb, o.kind, o.process, o.target, o.record, o.code, o.text, o.command});
      }
      for (const Action& action : decision.actions) tick.notes.actions.push_back(kept(action, world.now));
      ticks.push_back(std::move(tick));
    };
  }

  Instant begun;
  std::vector<TraceTick> ticks;
};

ReplayReport replay(const std::vector<TraceTick>& ticks, const Config& config) {
  Replay replay(config);
  replay.begin(header_of("a"));
  for (const TraceTick& tick : ticks) replay.tick(tick);
  return replay.finish();
}

std::vector<std::string> texts(const std::vector<Reason>& reasons) {
  std::vector<std::string> all;
  for (const Reason& reason : reasons) all.push_back(reason.text);
  return all;
}

std::vector<std::string> texts(const ReplayReport& report) {
  std::vector<std::string> all;
  for (const ReplayEvent& event : report.events) all.push_back(event.text);
  return all;
}

int count(const ReplayReport& report, ActionVerb verb, ActionKind kind) {
  return static_cast<int>(std::count_if(report.actions.begin(), report.actions.end(), [&](const auto& action) {
    return action.verb == verb && action.kind == kind;
  }));
}

/// A second each, as it was with nothing held: a busy model, and a target that takes half a core.
std::vector<TraceTick> plain_ticks(int seconds, PressureLevel level, double cpu_share = -1) {
  World world;
  world.cpu_share = cpu_share;
  world.set_level(level);
  world.start_llm(1);
  world.add_target(10, "photoanalysisd", 0.5);
  std::vector<TraceTick> ticks;
  for (int i = 0; i < seconds; ++i) {
    TraceTick tick;
    tick.at = i * 1s;
    tick.sample = world.base;
    tick.sample.workloads = {world.llm};
    tick.sample.targets = {world.targets.at(10).sample};
    ticks.push_back(tick);
    world.pass(1s);
  }
  return ticks;
}

}  // namespace

TEST_CASE("a recording replayed under its own configuration decides the same") {
  const unsigned seed = GENERATE(1U, 2U, 3U, 4U);
  std::mt19937 random(seed);
  World world;
  world.config.limits.suspensions_per_hour = 100;
  world.answer = [&](const Action& action) {
    using enum OutcomeCode;
    const bool well = random() % 4 != 0;
    if (action.verb == ActionVerb::end) return well ? undone : failed;
    if (action.verb == ActionVerb::extend) return well ? applied : failed;
    return well ? applied : random() % 2 == 0 ? not_reversible : partial;
  };
  Recording recording(world);
  world.start_llm(1);
  world.add_target(10, "photoanalysisd", 0.5);
  world.add_target(11, "mdworker", 1.5);
  world.add_target(12, "mds", 0.2, TargetMode::background);
  for (int i = 0; i < 1500; ++i) {
    if (random() % 20 == 0) world.set_level(static_cast<PressureLevel>(random() % 3));
    if (random() % 30 == 0) world.llm_appetite = random() % 3 == 0 ? 0 : 1;
    if (random() % 60 == 0) world.command(SuspendCommand{"photoanalysisd", {}, 20s});
    if (random() % 90 == 0) world.command(ResumeCommand{true, "", {}});
    if (random() % 50 == 0) world.process({11, 110}).state = RunState::running;
    world.tick();
    world.pass(world.last.period);
  }
  REQUIRE(world.count(ActionVerb::begin, ActionKind::suspend) > 10);
  const ReplayReport report = replay(recording.ticks, world.config);
  CHECK(texts(report) == texts(world.reasons));
}

TEST_CASE("what is stopped in a replay takes no CPU and is seen stopped") {
  Replay replay(default_config());
  replay.begin(header_of("a"));
  for (const auto& tick : plain_ticks(60, PressureLevel::critical)) replay.tick(tick);
  REQUIRE(find_hold(replay.state(), {10, 100}, ActionKind::suspend) != nullptr);
  CHECK(find_hold(replay.state(), {10, 100}, ActionKind::suspend)->seen_applied);
  CHECK(find_track(replay.state(), {10, 100})->share == 0);
  CHECK(replay.finish().still_held == 2);
}

TEST_CASE("what is in the background in a replay takes next to nothing where no core is free") {
  for (const double cpu_share : {1.0, 0.5}) {
    Replay replay(default_config());
    replay.begin(header_of("a"));
    for (const auto& tick : plain_ticks(60, PressureLevel::warning, cpu_share)) replay.tick(tick);
    CHECK(find_track(replay.state(), {10, 100})->share == Approx(cpu_share == 1.0 ? 1 : 50));
    CHECK(find_hold(replay.state(), {10, 100}, ActionKind::background)->effective);
  }
}

TEST_CASE("what only the recording held is shown as it was before") {
  auto ticks = plain_ticks(60, PressureLevel::normal);
  ticks[10].notes.actions = {{ActionVerb::begin, ActionKind::suspend, {10, 100}, "photoanalysisd", 0, 60s, 0, "by hand", 0},
                             {ActionVerb::begin, ActionKind::raise, kRunner, "ollama", 0, 60s, -10, "busy", 0}};
  ticks[11].notes.outcomes = {
      {ActionVerb::begin, ActionKind::suspend, {10, 100}, "photoanalysisd", 7, OutcomeCode::applied, "", 0},
      {ActionVerb::begin, ActionKind::raise, kRunner, "ollama", 8, OutcomeCode::applied, "", 0}};
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    auto& member = ticks[i].sample.workloads.front().processes.back().process;
    member.nice = i < 11 ? 3 : -10;
    if (i >= 11) ticks[i].sample.targets.front().process.state = RunState::stopped;
  }
  ReplayMachine machine;
  machine.begin_piece({}, true);
  const Config config = default_config();
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    INFO(i);
    const Sample& shown = machine.show(ticks[i], config, true, false);
    machine.ask(Decision{}, ticks[i]);
    REQUIRE(shown.targets.front().process.state == RunState::running);
    REQUIRE(shown.workloads.front().processes.back().process.nice == 3);
  }
}

TEST_CASE("somebody else's stop stays as it was recorded") {
  auto ticks = plain_ticks(60, PressureLevel::critical);
  for (auto& tick : ticks) tick.sample.targets.front().process.state = RunState::stopped;
  const auto report = replay(ticks, default_config());
  CHECK(count(report, ActionVerb::begin, ActionKind::suspend) == 0);
  CHECK(count(report, ActionVerb::begin, ActionKind::background) == 0);
}

TEST_CASE("a hold that the piece began with is known as the recording's") {
  auto ticks = plain_ticks(60, PressureLevel::normal);
  for (auto& tick : ticks) tick.sample.targets.front().process.state = RunState::stopped;
  TraceHeader header = header_of("a");
  header.holds = {{7, ActionKind::suspend, {10, 100}, "photoanalysisd"}};
  ReplayMachine machine;
  machine.begin_piece(header, true);
  CHECK(machine.show(ticks.front(), default_config(), true, false).targets.front().process.state == RunState::running);
}

TEST_CASE("a sleep releases what is held before it, and nothing begins in the tick after it") {
  auto ticks = plain_ticks(120, PressureLevel::critical);
  for (std::size_t i = 60; i < ticks.size(); ++i) ticks[i].at += 2h;
  const auto report = replay(ticks, default_config());
  std::vector<ReplayAction> ends;
  for (const auto& action : report.actions) {
    if (action.verb == ActionVerb::end) ends.push_back(action);
    CHECK_FALSE((action.verb == ActionVerb::begin && action.at == 2h + 60s));
  }
  REQUIRE(ends.size() >= 3);
  CHECK(ends.front().at == 59s);
  CHECK(ends.front().text == "the machine slept");
  CHECK(report.targets.front().suspended < 2min);
  CHECK(report.awake <= 3min);
}

TEST_CASE("what the recorded daemon let go of without a decision is let go of in the replay too") {
  auto ticks = plain_ticks(60, PressureLevel::warning);
  ticks[30].notes.outcomes = {
      {ActionVerb::end, ActionKind::background, {10, 100}, "photoanalysisd", 7, OutcomeCode::undone, "the guardian ended", 0}};
  const auto report = replay(ticks, default_config());
  REQUIRE(count(report, ActionVerb::end, ActionKind::background) == 1);
  const auto end = std::find_if(report.actions.begin(), report.actions.end(),
                                [](const auto& action) { return action.verb == ActionVerb::end; });
  CHECK(end->text == "the guardian ended");
  CHECK(end->at == 29s);
}

TEST_CASE("another run begins with nothing held and nothing remembered") {
  const auto ticks = plain_ticks(60, PressureLevel::critical);
  Replay replay(default_config());
  replay.begin(header_of("a"));
  for (const auto& tick : ticks) replay.tick(tick);
  replay.begin(header_of("b", 1h));
  CHECK(replay.state() == State{});
  for (const auto& tick : ticks) replay.tick(tick);
  const auto report = replay.finish();
  CHECK(report.span == 1h + 59s);
  CHECK(count(report, ActionVerb::begin, ActionKind::suspend) == 2);
  CHECK(count(report, ActionVerb::end, ActionKind::suspend) == 1);
  CHECK(report.targets.front().suspended < 2min);
}

TEST_CASE("rows that the configuration does not have, and what it allows less, are seen in a replay") {
  const auto ticks = plain_ticks(90, PressureLevel::critical);
  Config config = default_config();
  config.targets.front().mode = TargetMode::background;
  config.workloads.front().raise = false;
  auto report = replay(ticks, config);
  CHECK(count(report, ActionVerb::begin, ActionKind::suspend) == 0);
  CHECK(count(report, ActionVerb::begin, ActionKind::background) == 1);
  CHECK(count(report, ActionVerb::begin, ActionKind::raise) == 0);
  config.targets.clear();
  config.workloads.clear();
  report = replay(ticks, config);
  CHECK(report.actions.empty());
  CHECK(report.workloads.empty());
}

TEST_CASE("times and transitions are added up") {
  auto ticks = plain_ticks(300, PressureLevel::normal);
  for (int i = 60; i < 120; ++i) ticks[static_cast<std::size_t>(i)].sample.pressure->level = PressureLevel::warning;
  const auto report = replay(ticks, default_config());
  REQUIRE(report.targets.size() == 1);
  // contention from the sixth second on holds it throughout
  CHECK(report.targets.front().background > 280s);
  CHECK(report.targets.front().suspended == 0s);
  CHECK(report.transitions == 1);
  CHECK(report.busiest_hour == 1);
  CHECK(report.still_held == 1);
  CHECK(report.ticks == 300);
  CHECK(report.span == 299s);
  const auto rule = std::find_if(report.rules.begin(), report.rules.end(),
                                 [](const auto& row) { return row.name == "memory_warning"; });
  REQUIRE(rule != report.rules.end());
  CHECK(rule->trips == 1);
  CHECK(rule->tripped == 85s);
  REQUIRE(report.workloads.size() == 1);
  CHECK(report.workloads.front().busy == report.awake);
}
