#include "app/trace_recorder.h"

#include <fmt/format.h>

#include <algorithm>

namespace m1opt::app {

namespace {

constexpr std::size_t kBlock = 64 * 1024;
constexpr Duration kFlushPeriod = std::chrono::minutes(1);
constexpr Duration kFirstRetry = std::chrono::minutes(1);
constexpr Duration kLastRetry = std::chrono::hours(1);

TraceNotes notes_of(const TickRecord& tick) {
  TraceNotes notes;
  for (const Outcome& outcome : tick.sample.outcomes) {
    notes.outcomes.push_back({outcome.verb, outcome.kind, outcome.process, outcome.target, outcome.record,
                              outcome.code, outcome.text, outcome.command});
  }
  for (const Action& action : tick.decision.actions) {
    notes.actions.push_back({action.verb, action.kind, action.process, action.target, action.record,
                             std::max(action.deadline - tick.now, Duration{}), action.nice, action.reason, action.command});
  }
  for (const decide::Reason& reason : tick.decision.reasons) {
    notes.reasons.push_back(
        {reason.kind, reason.severity, reason.text, reason.rule, reason.target, reason.process});
  }
  return notes;
}

}  // namespace

void TraceRecorder::back_off(const TickRecord& tick, const std::string& why) {
  if (parts_.store->written() != written_) failures_ = 0;
  written_ = parts_.store->written();
  Duration wait = kFirstRetry;
  for (int i = 0; i < failures_ && wait < kLastRetry; ++i) wait *= 2;
  retry_ = tick.now + std::min(wait, kLastRetry);
  config_.reset();
  waiting_ = 0;
  if (++failures_ > 1) return;
  parts_.events.add(tick.wall, {EventKind::capability_lost, Severity::warning,
                                "the trace of the ticks is not written: " + why, {}, {}, {}});
}

bool TraceRecorder::may_record(const TickRecord& tick) {
  if (const auto why = parts_.store->take_failure()) back_off(tick, *why);
  if (tick.config.trace.enabled) return tick.now >= retry_;
  flush();
  config_.reset();
  return false;
}

void TraceRecorder::begin_piece(const TickRecord& tick) {
  config_ = tick.config;
  TraceHeader header;
  header.version = M1OPT_VERSION;
  header.machine = parts_.machine;
  header.run = parts_.run;
  header.started = started_;
  header.config = tick.config;
  if (tick.without_profile != nullptr) header.without_profile = *tick.without_profile;
  for (const HoldStatus& hold : tick.decision.holds) {
    header.holds.push_back({hold.record, hold.kind, hold.process, hold.target});
  }
  size_ = 0;
  put(writer_.header(header), true, tick);
}

void TraceRecorder::put(std::string_view lines, bool begins, const TickRecord& tick) {
  parts_.store->put(lines, begins, tick.config.trace.max);
  if (waiting_ == 0) oldest_ = tick.now;
  waiting_ += lines.size();
  size_ += lines.size();
}

void TraceRecorder::note_tick(const TickRecord& tick) {
  if (!first_) {
    first_ = tick.now;
    started_ = tick.wall;
  }
  if (!may_record(tick)) return;
  const auto share = static_cast<std::size_t>(tick.config.trace.max.value() / kPiecesInRing);
  if (!config_ || size_ >= share || *config_ != tick.config) begin_piece(tick);
  put(writer_.tick(tick.now - *first_, tick.decision.period, tick.sample, notes_of(tick)), false, tick);
  if (waiting_ >= kBlock || tick.now - oldest_ >= kFlushPeriod) flush();
}

void TraceRecorder::flush() {
  if (std::exchange(waiting_, 0) == 0) return;
  // When the slow thread has too much to do already, these go with the next ones.
  (void)parts_.post([store = parts_.store] { store->write(); });
}

}  // namespace m1opt::app
