#pragma once

#include <string>
#include <vector>

#include "decide/policy.h"
#include "model/event.h"
#include "model/snapshot.h"

namespace m1opt::app {

using namespace m1opt::base;
using namespace m1opt::model;

/// One tick as it was, for whoever keeps a record. The outcomes are those of
/// this tick's actions; the sample has those of the tick before.
struct TickRecord {
  Instant now;
  WallTime wall;
  const Sample& sample;
  const Config& config;
  const decide::Decision& decision;
  const std::vector<Outcome>& outcomes;
  const Config* without_profile{nullptr};  ///< `config` as it is without its profile; null: it has none
};

/// Called on the control thread, so it may only remember: what is written to a
/// disk is written by the slow thread (SlowWorker::post).
class TickObserver {
 public:
  virtual ~TickObserver() = default;
  virtual void note_tick(const TickRecord& tick) = 0;
  /// Each event once, in order, with its id.
  virtual void note_event(const Event& event) = 0;
  /// What keeps it from keeping its record now, as a whole sentence; empty: nothing.
  [[nodiscard]] virtual std::string trouble() { return {}; }
  /// What else a person must know of it.
  [[nodiscard]] virtual std::vector<HealthFinding> findings() { return {}; }
};

}  // namespace m1opt::app
