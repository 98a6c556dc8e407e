#pragma once

#include <utility>
#include <vector>

#include "app/tick_observer.h"
#include "support/fake_clock.h"

namespace m1opt::test {

/// Ticks as the loop would tell of them, for those who keep a record.
struct TickRig {
  FakeClock clock;
  model::Sample sample;
  model::Config config;
  decide::Decision decision;
  std::vector<model::Outcome> outcomes;

  TickRig() {
    decision.period = std::chrono::seconds(1);
    set_memory(50);
  }

  void set_memory(double used) {
    sample.memory.emplace();
    sample.memory->used_share = base::Percent{used};
    sample.memory->available_share = base::Percent{100 - used};
  }
  void set_pressure(model::PressureLevel level) {
    sample.pressure.emplace();
    sample.pressure->level = level;
  }

  [[nodiscard]] app::TickRecord record() const {
    return {clock.now(), clock.wall(), sample, config, decision, outcomes};
  }
  /// Another tick after so long; what was done is told once.
  template <class Told>
  void tick(Told&& told, base::Duration after = std::chrono::seconds(1)) {
    clock.advance(after);
    told(record());
    sample.outcomes = std::exchange(outcomes, {});
  }
  void done(model::ActionVerb verb, model::ActionKind kind, model::RecordId record) {
    model::Outcome& outcome = outcomes.emplace_back();
    outcome.verb = verb;
    outcome.kind = kind;
    outcome.record = record;
    outcome.target = "indexer";
    outcome.reason = "because";
    outcome.code = verb == model::ActionVerb::begin ? model::OutcomeCode::applied : model::OutcomeCode::undone;
  }
};

}  // namespace m1opt::test
