#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/event_log.h"
#include "app/tick_observer.h"
#include "app/trace_store.h"
#include "wire/trace.h"

namespace m1opt::app {

/// Keeps every tick for `m1optctl trace` and `simulate`. On the control thread it only makes the
/// tick's line; about once a minute the slow thread writes what has come together. A disk that is
/// full or cannot be written is told once, and tried again after a minute, then two, up to an hour.
class TraceRecorder final : public TickObserver {
 public:
  struct Parts {
    std::shared_ptr<TraceStore> store;
    std::function<bool(std::function<void()>)> post;  ///< to the slow thread
    EventLog& events;
    MachineReading machine;
    std::string run;  ///< one start of the daemon
  };

  explicit TraceRecorder(Parts parts) : parts_(std::move(parts)) {}

  void note_tick(const TickRecord& tick) override;
  void note_event(const Event&) override {}
  /// Has what has come together so far written.
  void flush();

 private:
  [[nodiscard]] bool may_record(const TickRecord& tick);
  void begin_piece(const TickRecord& tick);
  void put(std::string_view lines, bool begins, const TickRecord& tick);
  void back_off(const TickRecord& tick, const std::string& why);

  Parts parts_;
  wire::TraceWriter writer_;
  std::optional<Instant> first_;  ///< the run's first tick
  WallTime started_;
  std::optional<Config> config_;  ///< of the piece; absent: the next line begins one
  std::size_t size_{0};           ///< of the piece
  std::size_t waiting_{0};        ///< of it not yet written
  Instant oldest_;                ///< of what waits
  int failures_{0};
  int written_{0};                ///< as the store counts, at the last failure
  Instant retry_;
};

}  // namespace m1opt::app
