#include "app/history_recorder.h"

#include <algorithm>

#include "app/history_metrics.h"

namespace m1opt::app {

namespace {

/// Ticks that follow each other faster are one: a storm of events must not fill the disk.
constexpr Duration kSecond = std::chrono::seconds(1);
/// A tick that comes after so many periods comes after a sleep: nothing was seen meanwhile.
constexpr int kLate = 3;

}  // namespace

HistoryRecorder::HistoryRecorder(const Clock& clock)
    : began_(clock.now()),
      began_at_(std::chrono::milliseconds(milliseconds_of(clock.wall()))),
      seconds_(history_metrics().size(), journal::Thinner(kSecond)) {}

Duration HistoryRecorder::span_of(const TickRecord& tick) const {
  constexpr Duration kFirst = std::chrono::milliseconds(1);
  if (!last_) return kFirst;
  return std::clamp(tick.now - *last_, Duration::zero(), kLate * planned_);
}

void HistoryRecorder::note_tick(const TickRecord& tick, HistoryBatch& into) {
  const auto values = read_history_metrics(tick);
  const Duration span = span_of(tick);
  last_ = tick.now;
  planned_ = std::max(tick.decision.period, kSecond);
  const HistoryTime at = time_of(tick.now) - span;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto whole = values[i] ? seconds_[i].add({at, span, *values[i], *values[i], *values[i]})
                                 : seconds_[i].take();
    if (whole) into.spans.push_back({i, *whole});
  }
  for (HoldEffect& effect : effects_.note_tick(tick, span, values)) {
    into.effects.push_back({time_of(tick.now), std::move(effect)});
  }
}

void HistoryRecorder::note_event(const Event& event, Instant now, HistoryBatch& into) const {
  into.events.push_back({time_of(now), event});
}

void HistoryRecorder::finish(Instant now, HistoryBatch& into) {
  for (std::size_t i = 0; i < seconds_.size(); ++i) {
    if (auto rest = seconds_[i].take()) into.spans.push_back({i, *rest});
  }
  for (HoldEffect& effect : effects_.finish()) into.effects.push_back({time_of(now), std::move(effect)});
}

}  // namespace m1opt::app
