#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/process.h"

namespace m1opt::model {

/// The ways m1opt changes a process. Each is a row of act/actions.cpp.
enum class ActionKind { background, suspend, raise, pause_workload };
BOOST_DESCRIBE_ENUM(ActionKind, background, suspend, raise, pause_workload)

/// Does it stop the process? Those are undone first.
constexpr bool is_stop(ActionKind kind) {
  return kind == ActionKind::suspend || kind == ActionKind::pause_workload;
}

/// Is it done to a workload's process, not to a target's?
constexpr bool is_for_workload(ActionKind kind) {
  return kind == ActionKind::raise || kind == ActionKind::pause_workload;
}

/// Names one undo record for ever; never reused within a state directory.
using RecordId = std::int64_t;

/// What decide/ asks act/ to do.
enum class ActionVerb {
  begin,   ///< start a hold on `process`
  extend,  ///< the hold's process has new threads or children: bring them in too
  end      ///< undo record `record`
};
BOOST_DESCRIBE_ENUM(ActionVerb, begin, extend, end)

struct Action {
  ActionVerb verb{};
  ActionKind kind{};
  ProcessId process;
  std::string executable;  ///< as the sample saw it; must still be so when it is applied
  std::string target;      ///< row of the targets table, or the workload's name
  RecordId record{0};      ///< for extend and end
  Instant deadline;        ///< for begin, and anew for extend: undone by then whatever happens
  int nice{0};             ///< for raise
  std::string reason;      ///< one sentence with numbers
  std::uint64_t command{0};  ///< the user command that waits for the outcome; 0 = a rule's

  bool operator==(const Action&) const = default;
};

enum class OutcomeCode {
  applied,         ///< done and read back
  partial,         ///< done in part; `text` says which step was not possible
  undone,          ///< every value is what it was before
  gone,            ///< the process ended; nothing of it is left
  changed,         ///< somebody else changed it since: left as found
  not_reversible,  ///< undo would not be permitted, so it was not done
  not_permitted,
  failed,
  unready  ///< journal or guardian could not take part: it was not tried, or was taken back
};
BOOST_DESCRIBE_ENUM(OutcomeCode, applied, partial, undone, gone, changed, not_reversible,
                    not_permitted, failed, unready)

/// Is it in force, at least in part?
constexpr bool is_applied(OutcomeCode code) {
  return code == OutcomeCode::applied || code == OutcomeCode::partial;
}

/// Is nothing of it left, so that its record may be closed?
constexpr bool is_over(OutcomeCode code) {
  return code == OutcomeCode::undone || code == OutcomeCode::gone || code == OutcomeCode::changed;
}

struct Outcome {
  ActionVerb verb{};
  ActionKind kind{};
  ProcessId process;
  std::string target;
  RecordId record{0};
  OutcomeCode code{};
  std::string text;      ///< "6 threads to SCHED_IDLE, autogroup 12 to nice 19"
  std::string reason;    ///< the action's
  Instant deadline;
  std::uint64_t command{0};

  bool operator==(const Outcome&) const = default;
};

}  // namespace m1opt::model
