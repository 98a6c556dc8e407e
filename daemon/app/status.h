#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "decide/policy.h"
#include "model/snapshot.h"

namespace m1opt::app {

using namespace m1opt::base;
using namespace m1opt::model;

/// Why nothing may be changed, as a whole sentence, and what to do about it.
struct Obstacle {
  std::string text;
  std::string fix;
};

/// What the snapshot needs beside the decision.
struct StatusInput {
  const Sample& sample;
  const Config& config;
  Instant now;
  WallTime wall;
  WallTime started;
  MachineReading machine;
  std::vector<Problem> machine_problems;
  std::vector<Capability> capabilities;
  GuardianStatus guardian;
  SelfStatus self;
  ConfigStatus config_status;
  Mode own_mode{Mode::active};               ///< dry_run or sysroot; else active
  std::optional<Obstacle> obstacle;
  std::vector<std::string> open_failures;    ///< records that could not be undone
  SafeModeStatus safe_mode{};
};

/// Puts a tick together for the API.
Snapshot make_snapshot(decide::Decision&& decision, const StatusInput& input,
                       std::shared_ptr<const Config> config);

/// What a person must know, worst first; empty when all is well.
std::vector<HealthFinding> find_health(const StatusInput& input, Mode mode);

}  // namespace m1opt::app
