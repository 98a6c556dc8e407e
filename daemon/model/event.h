#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "model/process.h"

namespace m1opt::model {

enum class EventKind {
  daemon_started,
  daemon_stopping,
  workload_changed,   ///< absent, resident, busy
  rule_tripped,
  rule_cleared,
  action_done,        ///< background, suspend or raise took effect
  action_undone,
  action_failed,
  action_ineffective,
  target_refused,     ///< matched a name but is left alone
  command,            ///< a user asked for something
  config_reloaded,
  config_rejected,
  reading_lost,
  reading_back,
  passive,            ///< a limit was reached; nothing new for a while
  capability_lost,
  guardian,           ///< started, lost, or it undid something
  recovered,          ///< a record of an earlier run was closed
  awake,              ///< the machine is kept from idle sleep, may sleep again, or could not be kept awake
  over_budget,        ///< the daemon takes more of the machine than it may, or no longer does
  history,            ///< what happens is not kept, or is again
  safe_mode,          ///< it ended uncleanly several times and only observes, or no longer does
  setting             ///< one of the system's settings was set or put back, or could not be
};
BOOST_DESCRIBE_ENUM(EventKind, daemon_started, daemon_stopping, workload_changed, rule_tripped,
                    rule_cleared, action_done, action_undone, action_failed, action_ineffective,
                    target_refused, command, config_reloaded, config_rejected, reading_lost,
                    reading_back, passive, capability_lost, guardian, recovered, awake, over_budget,
                    history, safe_mode, setting)

enum class Severity { info, warning, error };
BOOST_DESCRIBE_ENUM(Severity, info, warning, error)

/// Something that happened, in one sentence with numbers. `id` is
/// "epoch.sequence": the epoch changes with each start of the daemon.
struct Event {
  std::string id;
  WallTime time;
  EventKind kind{};
  Severity severity{};
  std::string text;
  std::string rule;                  ///< empty when none
  std::string target;                ///< target or workload name; empty when none
  std::optional<ProcessId> process;

  bool operator==(const Event&) const = default;
};
BOOST_DESCRIBE_STRUCT(Event, (), (id, time, kind, severity, text, rule, target, process))

}  // namespace m1opt::model
