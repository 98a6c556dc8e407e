#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "decide/state.h"
#include "model/config.h"
#include "model/sample.h"
#include "model/snapshot.h"

/// Pure: no clock, no I/O, no log. The same state, sample, config and time
/// always give the same decision.
namespace m1opt::decide {

/// An event before it has an id and a time of day.
struct Reason {
  EventKind kind{};
  Severity severity{};
  std::string text;
  std::string rule;
  std::string target;
  std::optional<ProcessId> process;

  bool operator==(const Reason&) const = default;
};

/// Is the machine to be kept from falling asleep by itself, and why (not)?
struct AwakeWish {
  bool wanted{false};
  std::string text;

  bool operator==(const AwakeWish&) const = default;
};

struct Decision {
  State next;
  std::vector<Action> actions;
  std::vector<CommandReply> replies;  ///< of commands that wait for no action
  std::vector<Reason> reasons;        ///< what changed, in order
  std::vector<TierRequest> tier_requests;  ///< each once: the outcome comes with a later sample
  std::vector<ErrandRequest> errands;      ///< each once: the outcome comes with a later sample
  bool reload{false};                 ///< somebody asked to read the config again
  std::vector<Command> profiles;      ///< the ProfileCommands, for app/ to carry out and answer
  AwakeWish awake;
  std::string working;  ///< find_work(); empty also while nothing may be begun
  Duration period{};                  ///< when to sample again, at the latest
  // What the API shows of this tick; wall times in them are filled in by app/.
  Mode mode{};  ///< active, paused, passive, safe or observing; app/ knows the others
  PauseStatus pause;
  SafeModeStatus safe_mode;
  std::vector<HoldStatus> holds;
  DerivedReadings derived;
  std::vector<WorkloadStatus> workloads;
  std::vector<TargetStatus> targets;
  std::vector<RuleStatus> rules;
};

/// Whoever shows nothing to anybody saves the time that the sentences take.
enum class Documents { made, left_out };

Decision step(const State& state, const Sample& sample, const Config& config, Instant now,
              Documents documents = Documents::made);

/// More time has passed than a few periods: the machine slept, or the daemon did. What this tick's readings `took` does
/// not count: where memory is short each may take seconds, and that is no sleep.
bool is_after_gap(const State& state, const Config& config, Instant now, Duration took);

}  // namespace m1opt::decide
