#pragma once

#include <optional>

#include "base/clock.h"
#include "decide/state.h"
#include "model/snapshot.h"

namespace m1opt::app {

using namespace m1opt::base;
using namespace m1opt::model;

/// What daemon and guardian themselves take.
class OwnCost {
 public:
  /// A tick began so much later than planned.
  void note_lateness(Duration late);
  /// Brings `self` and the guardian's memory up to date when it is time to; then also returns what
  /// was taken since the last time. Gives free memory back before. On the control loop's thread: it measures that too.
  std::optional<OwnCostReading> measure(Instant now, SelfStatus& self, GuardianStatus& guardian);

 private:
  struct Reading {
    Instant at;
    Duration cpu{};            ///< of both since they started
    Duration loop_cpu{};
    std::int64_t wakeups{0};
    std::int32_t guardian{0};  ///< pid
  };
  std::optional<Reading> last_;
  Duration worst_lateness_{};
};

/// What may be taken, and what is beyond it.
void show_budget(const decide::BudgetState& state, const SelfConfig& budget, SelfStatus& self);

}  // namespace m1opt::app
