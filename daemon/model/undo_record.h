#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/action.h"
#include "model/process.h"

namespace m1opt::model {

/// One value of the system that m1opt may change. Every action kind is a list
/// of changes to these, so undo needs to know nothing else.
enum class Attribute {
  run_state,      ///< process: 0 runs, 1 stopped by a signal
  policy,         ///< thread: Linux scheduling policy with its flags
  nice,           ///< thread (Linux), process (macOS)
  io_priority,    ///< thread: Linux ioprio value
  clamp_min,      ///< thread: Linux utilisation clamp, lower bound, 0..1024
  autogroup_nice, ///< Linux session group: its nice value
  cgroup_weight,  ///< cgroup v2 cpu.weight, 1..10000
  cgroup_idle,    ///< cgroup v2 cpu.idle, 0 or 1
  darwin_background ///< macOS process: background asked for from outside, 0 or 1
};
BOOST_DESCRIBE_ENUM(Attribute, run_state, policy, nice, io_priority, clamp_min, autogroup_nice,
                    cgroup_weight, cgroup_idle, darwin_background)

/// Does a value set by us survive a reboot? Where it does, the record must be on the disk, not only
/// written, before the act. A switch without a default: a new attribute is asked here or warned of.
constexpr bool outlives_reboot(Attribute attribute) {
  switch (attribute) {
    case Attribute::run_state:
    case Attribute::policy:
    case Attribute::nice:
    case Attribute::io_priority:
    case Attribute::clamp_min:
    case Attribute::autogroup_nice:
    case Attribute::cgroup_weight:
    case Attribute::cgroup_idle:
    case Attribute::darwin_background: return false;
  }
  return true;
}

/// Whose value: a process, one of its threads, a session group (`number`), or
/// a cgroup (`path`).
enum class SubjectKind { process, thread, autogroup, cgroup };
BOOST_DESCRIBE_ENUM(SubjectKind, process, thread, autogroup, cgroup)

struct Subject {
  SubjectKind kind{};
  ProcessId process;        ///< process and thread: the process
  ProcessId thread;         ///< thread: tid and its own start token
  std::int64_t number{0};   ///< autogroup: its id
  std::string path;         ///< cgroup: directory below the cgroup mount

  auto operator<=>(const Subject&) const = default;
};
BOOST_DESCRIBE_STRUCT(Subject, (), (kind, process, thread, number, path))

struct Change {
  Attribute attribute{};
  Subject subject;
  std::int64_t before{0};
  std::int64_t set{0};

  bool operator==(const Change&) const = default;
};
BOOST_DESCRIBE_STRUCT(Change, (), (attribute, subject, before, set))

/// What must have happened to a record before what it names is changed.
enum class Durability {
  written,  ///< survives the daemon; a power cut takes it together with what it names
  synced    ///< survives a power cut
};

/// Written before anything is changed; enough to put everything back with no
/// other knowledge, by any of the daemon, the guardian or `m1optd --recover`.
struct UndoRecord {
  RecordId id{0};
  BootId boot;
  ProcessId process;
  std::string executable;
  std::string target;
  ActionKind kind{};
  Instant opened;
  Instant deadline;
  std::string reason;
  std::uint64_t opened_token{0};     ///< a process with this start token or a later one was born after
  std::int32_t session{0};           ///< of the process, to find its orphaned children
  std::vector<Change> changes;       ///< in the order they are applied
  std::vector<ProcessId> family;     ///< descendants seen while it was held

  bool operator==(const UndoRecord&) const = default;

  [[nodiscard]] Durability durability() const {
    for (const Change& change : changes) {
      if (outlives_reboot(change.attribute)) return Durability::synced;
    }
    return Durability::written;
  }
};

}  // namespace m1opt::model
