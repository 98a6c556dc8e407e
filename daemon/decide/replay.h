#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "decide/policy.h"
#include "decide/replay_machine.h"
#include "decide/replay_report.h"
#include "model/config.h"
#include "model/trace.h"

namespace m1opt::decide {

/// Decides a recorded trace anew: what would have been done under this configuration, by a daemon
/// that begins with the trace (see replay_machine.h for what is simulated). The same trace and
/// configuration always give the same report.
class Replay {
 public:
  explicit Replay(Config config) : config_(std::move(config)) {}

  /// A piece begins. Another run than before: a new daemon, which remembers nothing.
  void begin(const TraceHeader& header);
  /// From now on.
  void set_config(Config config) { config_ = std::move(config); }
  void tick(const TraceTick& tick);
  ReplayReport finish();

  [[nodiscard]] const State& state() const { return state_; }

 private:
  struct Open {
    Duration since{};
  };
  struct Row {
    Duration background{};
    Duration suspended{};
    std::vector<Duration> transitions;
  };

  void take_time(Duration at);
  void pass(Duration from, Duration to);
  void note_done(Duration before);
  void note_requests(const Decision& decision);
  void note_decision(const Decision& decision);
  [[nodiscard]] bool any_busy() const;

  Config config_;
  State state_;
  ReplayMachine machine_;
  std::string run_;
  WallTime started_;                ///< of this run
  std::optional<WallTime> zero_;    ///< time of day of the first tick
  bool first_of_run_{true};
  Duration offset_{};               ///< from a tick's time to ours
  std::optional<Duration> last_;
  Duration now_{};
  bool awake_{false};
  ReplayReport report_;
  std::map<std::pair<ProcessId, ActionKind>, Open> open_;
  std::map<std::string, Row> rows_;
  std::map<std::string, ReplayWorkload> workloads_;
  std::map<std::string, ReplayRule> rules_;
};

}  // namespace m1opt::decide
