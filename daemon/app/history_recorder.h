#pragma once

#include <optional>
#include <vector>

#include "app/effect_watch.h"
#include "journal/thinning.h"

namespace m1opt::app {

/// Makes of each tick what is to be kept of it. Control thread.
class HistoryRecorder {
 public:
  /// The history's clock begins as the machine's has it now.
  explicit HistoryRecorder(const Clock& clock);

  [[nodiscard]] HistoryTime time_of(Instant now) const { return began_at_ + (now - began_); }

  void note_tick(const TickRecord& tick, HistoryBatch& into);
  void note_event(const Event& event, Instant now, HistoryBatch& into) const;
  /// What waits for more of its second, or of its 30 s.
  void finish(Instant now, HistoryBatch& into);

 private:
  [[nodiscard]] Duration span_of(const TickRecord& tick) const;

  Instant began_;
  HistoryTime began_at_{};
  std::optional<Instant> last_;
  Duration planned_{};
  std::vector<journal::Thinner> seconds_;  ///< one for each of history_metrics()
  EffectWatch effects_;
};

}  // namespace m1opt::app
