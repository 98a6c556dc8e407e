#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "client/failure.h"
#include "decide/replay_report.h"
#include "model/trace.h"

namespace m1opt::client {

/// What a trace comes to under one configuration.
struct Simulated {
  std::string config;  ///< in words: a file's name, or whose it is
  /// Targets and workloads that nobody looked for, or not for the same processes, when it was recorded: what they would
  /// have matched is not in the trace.
  std::vector<std::string> unseen;
  decide::ReplayReport report;
};
BOOST_DESCRIBE_STRUCT(Simulated, (), (config, unseen, report))

/// A begin or an end that only one of two simulations has.
struct Difference {
  bool first{false};  ///< it is the first one's
  decide::ReplayAction action;
};
BOOST_DESCRIBE_STRUCT(Difference, (), (first, action))

/// A request that only one of two simulations has.
struct RequestDifference {
  bool first{false};
  decide::ReplayRequest request;
};
BOOST_DESCRIBE_STRUCT(RequestDifference, (), (first, request))

struct Simulation {
  std::string schema{"m1opt.simulation/1"};
  std::string trace;    ///< the file, or "-"
  std::string version;  ///< of the daemon that recorded it
  model::MachineReading machine;
  bool cut_off{false};  ///< its last line is not whole, and was left out
  Simulated simulated;
  std::optional<Simulated> other;
  std::vector<Difference> differences;  ///< in time, empty without `other`
  std::vector<RequestDifference> request_differences;
};
BOOST_DESCRIBE_STRUCT(Simulation, (),
                      (schema, trace, version, machine, cut_off, simulated, other, differences,
                       request_differences))

/// Replays the file ("-": standard input), under its own configuration where `config` is empty, and
/// under `other` too unless that is empty. A configuration that lists workloads, targets and rules is
/// whole; any other is laid over the trace's own. Not a trace: kFailure; a faulty configuration: kConfigInvalid.
/// `profile` is a choice as wire/profiles.h has it: it lies over both where they are as shipped; empty: none is added.
Expected<Simulation> simulate(const std::string& trace, const std::string& config, const std::string& other,
                              const std::string& profile = "");

std::vector<Difference> differences(const std::vector<decide::ReplayAction>& first,
                                    const std::vector<decide::ReplayAction>& second);
std::vector<RequestDifference> differences(const std::vector<decide::ReplayRequest>& first,
                                           const std::vector<decide::ReplayRequest>& second);

}  // namespace m1opt::client
