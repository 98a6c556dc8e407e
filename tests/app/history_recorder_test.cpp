#include "app/history_recorder.h"

#include <algorithm>

#include "app/history_metrics.h"
#include "support/catch.h"
#include "tick_rig.h"

using namespace m1opt;
using namespace m1opt::app;
using namespace m1opt::model;
using m1opt::test::TickRig;
using namespace std::chrono_literals;

namespace {

std::size_t place_of(const std::string& name) {
  const auto& names = history_metrics();
  const auto found = std::find(names.begin(), names.end(), name);
  REQUIRE(found != names.end());
  return static_cast<std::size_t>(found - names.begin());
}

struct RecorderRig : TickRig {
  HistoryRecorder recorder{clock};
  HistoryBatch batch;

  void tick(Duration after = 1s) {
    TickRig::tick([this](const TickRecord& record) { recorder.note_tick(record, batch); }, after);
  }
  std::vector<HistorySpan> spans(const std::string& name) {
    std::vector<HistorySpan> found;
    for (const auto& [metric, span] : batch.spans) {
      if (metric == place_of(name)) found.push_back(span);
    }
    return found;
  }
  HoldEffect effect() {
    REQUIRE(batch.effects.size() == 1);
    return batch.effects[0].effect;
  }
  static EffectReading reading(const HoldEffect& effect, const std::string& name) {
    for (const EffectReading& reading : effect.readings) {
      if (reading.metric == name) return reading;
    }
    return {};
  }
};

}  // namespace

TEST_CASE("each reading stands for the time since the one before, and what is not known is not there") {
  RecorderRig rig;
  rig.tick();
  rig.set_memory(60);
  rig.tick(10s);
  rig.sample.memory.reset();
  rig.tick(1s);
  const auto spans = rig.spans("memory_used_percent");
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].span == 1ms);
  // Three periods of a second: before that nobody looked.
  CHECK(spans[1].span == 3s);
  CHECK(spans[1].avg == 60);
  CHECK(spans[1].at == spans[0].at + 1ms + 7s);
  CHECK(rig.spans("temperature_celsius").empty());
  CHECK(rig.spans("psi_some_percent").empty());
  CHECK(rig.spans("held").size() == 2);
}

TEST_CASE("many ticks in one second are one row, with the highest and the lowest") {
  RecorderRig rig;
  rig.tick();
  for (int i = 0; i < 300; ++i) {
    rig.set_memory(i == 100 ? 99 : 50);
    rig.tick(10ms);
  }
  rig.recorder.finish(rig.clock.now(), rig.batch);
  const auto spans = rig.spans("memory_used_percent");
  CHECK(spans.size() <= 5);
  double highest = 0;
  for (const HistorySpan& span : spans) highest = std::max(highest, span.max);
  CHECK(highest == 99);
}

TEST_CASE("what is held and whether it is to be kept awake is kept too") {
  RecorderRig rig;
  decide::Hold hold;
  hold.kind = ActionKind::suspend;
  rig.decision.next.holds = {hold, hold};
  hold.kind = ActionKind::raise;
  rig.decision.next.holds.push_back(hold);
  rig.decision.awake.wanted = true;
  rig.tick();
  rig.tick();
  CHECK(rig.spans("held").back().avg == 2);
  CHECK(rig.spans("awake").back().avg == 1);
}

TEST_CASE("the effect of a hold is told when 30 s have passed since it began") {
  RecorderRig rig;
  rig.set_pressure(PressureLevel::critical);
  rig.decision.next.rates.targets_demand = 180;
  for (int i = 0; i < 60; ++i) rig.tick();
  rig.done(ActionVerb::begin, ActionKind::suspend, 7);
  rig.tick();
  rig.set_pressure(PressureLevel::normal);
  rig.decision.next.rates.targets_demand = 20;
  for (int i = 0; i < 29; ++i) rig.tick();
  CHECK(rig.batch.effects.empty());
  rig.tick();
  const HoldEffect effect = rig.effect();
  CHECK(effect.record == 7);
  CHECK(effect.kind == ActionKind::suspend);
  CHECK(effect.target == "indexer");
  CHECK(effect.reason == "because");
  CHECK(effect.before == 30s);
  CHECK(effect.after == 30s);
  CHECK(RecorderRig::reading(effect, "pressure_level").before == 2);
  CHECK(RecorderRig::reading(effect, "pressure_level").after == 0);
  CHECK(RecorderRig::reading(effect, "targets_cpu_percent").before == 180);
  CHECK(RecorderRig::reading(effect, "targets_cpu_percent").after == 20);
  // Never known: not there, and above all not 0.
  CHECK(RecorderRig::reading(effect, "psi_some_percent").metric.empty());
}

TEST_CASE("a hold that ends sooner is told with the time it had, and so is one that the end of the daemon cuts off") {
  RecorderRig rig;
  rig.set_pressure(PressureLevel::warning);
  for (int i = 0; i < 5; ++i) rig.tick();
  rig.done(ActionVerb::begin, ActionKind::background, 8);
  rig.tick();
  for (int i = 0; i < 9; ++i) rig.tick();
  SECTION("by what a tick did") {
    rig.done(ActionVerb::end, ActionKind::background, 8);
    rig.tick();
    CHECK(rig.effect().after == 10s);
    CHECK(rig.effect().before == 5s + 1ms);
  }
  SECTION("between two ticks") {
    rig.done(ActionVerb::end, ActionKind::background, 8);
    rig.sample.outcomes = std::exchange(rig.outcomes, {});
    rig.tick();
    CHECK(rig.effect().after == 10s);
  }
  SECTION("at the end of the daemon") {
    rig.recorder.finish(rig.clock.now(), rig.batch);
    CHECK(rig.effect().after == 9s);
  }
  for (int i = 0; i < 60; ++i) rig.tick();
  CHECK(rig.batch.effects.size() == 1);
}

TEST_CASE("the effect of a priority is kept too") {
  RecorderRig rig;
  rig.done(ActionVerb::begin, ActionKind::raise, 1);
  for (int i = 0; i < 60; ++i) rig.tick();
  CHECK(rig.effect().kind == ActionKind::raise);
}

TEST_CASE("an attempt that failed has no effect to tell of") {
  RecorderRig rig;
  rig.done(ActionVerb::begin, ActionKind::suspend, 0);
  rig.outcomes.back().code = OutcomeCode::failed;
  for (int i = 0; i < 60; ++i) rig.tick();
  CHECK(rig.batch.effects.empty());
}
