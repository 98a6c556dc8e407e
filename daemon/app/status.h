#pragma once

#include <memory>
#include <optional>
#include <set>
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

  bool operator==(const Obstacle&) const = default;
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
  AwakeStatus awake;
  GuardianStatus guardian;
  SelfStatus self;
  ConfigStatus config_status;
  Mode own_mode{Mode::active};               ///< dry_run or sysroot; else active
  std::optional<Obstacle> obstacle;
  std::optional<std::string> journal_damage;  ///< a journal that was set aside: not all of it is known
  std::vector<std::string> open_failures;    ///< records that could not be undone
  std::set<ProcessId> held;                  ///< what we have stopped ourselves
  SafeModeStatus safe_mode{};
  std::vector<std::string> troubles{};        ///< of those who keep records of what happens
  std::vector<HealthFinding> findings{};      ///< what they found besides
};

/// Puts a tick together for the API.
Snapshot make_snapshot(decide::Decision&& decision, const StatusInput& input,
                       std::shared_ptr<const Config> config);

/// What a person must know, worst first; empty when all is well.
std::vector<HealthFinding> find_health(const StatusInput& input, Mode mode);

}  // namespace m1opt::app
