#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/action.h"
#include "model/config.h"
#include "model/event.h"
#include "model/reading.h"
#include "model/sample.h"

/// A recording of ticks, to be looked at and to be decided anew.
namespace m1opt::model {

/// An Action as a trace keeps it: its deadline counts from its tick.
struct TraceAction {
  ActionVerb verb{};
  ActionKind kind{};
  ProcessId process;
  std::string target;
  RecordId record{0};
  Duration deadline{};
  int nice{0};
  std::string reason;
  std::uint64_t command{0};

  bool operator==(const TraceAction&) const = default;
};
BOOST_DESCRIBE_STRUCT(TraceAction, (),
                      (verb, kind, process, target, record, deadline, nice, reason, command))

struct TraceOutcome {
  ActionVerb verb{};
  ActionKind kind{};
  ProcessId process;
  std::string target;
  RecordId record{0};
  OutcomeCode code{};
  std::string text;
  std::uint64_t command{0};

  bool operator==(const TraceOutcome&) const = default;
};
BOOST_DESCRIBE_STRUCT(TraceOutcome, (),
                      (verb, kind, process, target, record, code, text, command))

struct TraceReason {
  EventKind kind{};
  Severity severity{};
  std::string text;
  std::string rule;
  std::string target;
  std::optional<ProcessId> process;

  bool operator==(const TraceReason&) const = default;
};
BOOST_DESCRIBE_STRUCT(TraceReason, (), (kind, severity, text, rule, target, process))

/// Something that was held already when a piece of the recording begins.
struct TraceHold {
  RecordId record{0};
  ActionKind kind{};
  ProcessId process;
  std::string target;

  bool operator==(const TraceHold&) const = default;
};
BOOST_DESCRIBE_STRUCT(TraceHold, (), (record, kind, process, target))

/// The head of a piece. Pieces with the same `run` follow each other without a break.
struct TraceHeader {
  std::string schema{"m1opt.trace/1"};
  std::string version;  ///< of the daemon
  MachineReading machine;
  std::string run;      ///< one start of the daemon
  WallTime started;     ///< of the run's first tick
  std::optional<Config> config;  ///< absent: the shipped one
  std::optional<Config> without_profile;  ///< what a profile lies over in `config`; absent: none does
  std::vector<TraceHold> holds;

  bool operator==(const TraceHeader&) const = default;
};
BOOST_DESCRIBE_STRUCT(TraceHeader, (), (schema, version, machine, run, started, config, without_profile, holds))

/// What a tick has besides its readings.
struct TraceNotes {
  std::vector<TraceOutcome> outcomes;  ///< what the sample brought of the actions before
  std::vector<TraceAction> actions;
  std::vector<TraceReason> reasons;

  bool operator==(const TraceNotes&) const = default;
};

/// `sample` has the commands, but the outcomes are in the notes. An executable is a name without its
/// path, which may lead through somebody's home.
struct TraceTick {
  Duration at{};                            ///< since the run's first tick
  Duration period{std::chrono::seconds(1)};  ///< until the next tick, as it was planned
  Sample sample;
  TraceNotes notes;
};

}  // namespace m1opt::model
