#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "decide/policy.h"

namespace m1opt::decide {

/// Why nothing is begun with `observe_only`.
inline constexpr const char* kObserveOnly = "m1opt only observes: observe_only is set in the config";

struct Member {
  const WorkloadSample* workload{nullptr};
  const WorkloadProcess* process{nullptr};
};

/// One step in the making: what it reads, what it writes, and the sample by process.
struct Tick {
  const Sample& sample;
  const Config& config;
  Instant now;
  Decision& decision;
  State& state;  ///< decision.next

  bool gap{false};  ///< the machine slept, or we did: no rule begins anything in this tick
  bool first{false};

  /// Neither refused nor part of a workload: what rules may act on.
  std::unordered_map<ProcessId, const TargetSample*> targets;
  std::unordered_map<ProcessId, Member> members;
  std::unordered_map<std::int32_t, const ProcessInfo*> by_pid;
  std::map<Crowd, int> matches;

  std::vector<Action> ends;
  std::vector<Action> begins;  ///< and extends
  bool more_wanted{false};     ///< a begin waits for its turn: sample again soon

  Tick(const State& before, const Sample& sample, const Config& config, Instant now,
       Decision& decision);

  void report(EventKind kind, Severity severity, std::string text, std::string rule = {},
              std::string target = {}, std::optional<ProcessId> process = {});
  void reply(std::uint64_t command, ReplyCode code, std::string text);

  [[nodiscard]] bool any_busy() const;
  /// A workload is resident and the kernel's own level is at least warning.
  [[nodiscard]] bool resident_under_pressure() const;
  /// Neither paused, nor in safe mode, nor told to observe only: rules and users may begin something.
  [[nodiscard]] bool may_begin() const {
    return !state.pause.active && !state.safe.active && !config.observe_only;
  }
  [[nodiscard]] bool passive() const { return state.passive_until && *state.passive_until > now; }
  [[nodiscard]] const TargetConfig* row(const std::string& target) const;
  /// Processes that are stopped, those asked for in this tick included.
  [[nodiscard]] int suspended() const;
  /// How many more may begin in this hour, those asked for in this tick taken off.
  [[nodiscard]] int suspensions_left() const;
};

/// Null when there is none.
Hold* find_hold(State& state, ProcessId process, ActionKind kind);
const Hold* find_hold(const State& state, ProcessId process, ActionKind kind);

/// Percent of one core that the process takes or, held, would take: see rates.h.
const Track* find_track(const State& state, ProcessId process);
/// Absent until two samples of the process have been compared.
std::optional<Percent> measured_share(const State& state, ProcessId process);

}  // namespace m1opt::decide
