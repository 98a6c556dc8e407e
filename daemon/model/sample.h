#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/action.h"
#include "model/command.h"
#include "model/errand.h"
#include "model/process.h"
#include "model/reading.h"
#include "model/tier.h"

namespace m1opt::model {

/// What may be done to a target at most.
enum class TargetMode { suspend, background };
BOOST_DESCRIBE_ENUM(TargetMode, suspend, background)

/// A process that matched a row of the targets table.
struct TargetSample {
  std::string target;  ///< the row's name, "photoanalysisd"
  TargetMode mode{};
  ProcessInfo process;
  /// Time its threads have waited for a core since they started; read only for
  /// held targets (it costs a file per thread), absent where the kernel does not count it.
  std::optional<Duration> waited;

  bool operator==(const TargetSample&) const = default;
};
BOOST_DESCRIBE_STRUCT(TargetSample, (), (target, mode, process, waited))

/// A process that matched a target's name and is left alone; `why` is one sentence.
struct RefusedTarget {
  std::string target;
  ProcessId id;
  std::string name;
  std::string why;

  bool operator==(const RefusedTarget&) const = default;
};
BOOST_DESCRIBE_STRUCT(RefusedTarget, (), (target, id, name, why))

struct LoadedModel {
  std::string name;
  Bytes size;
  std::optional<std::int64_t> context_length;
  std::optional<std::string> expires_at;  ///< as the server wrote it; moves with each request

  bool operator==(const LoadedModel&) const = default;
};
BOOST_DESCRIBE_STRUCT(LoadedModel, (), (name, size, context_length, expires_at))

/// One member of a workload's process tree.
struct WorkloadProcess {
  ProcessInfo process;
  bool runner{false};  ///< holds a model and does the inference (llama-server, "ollama runner")
  bool may_raise{false};
  std::string why_not;  ///< set when may_raise is false
  /// Of a runner that may be raised: where its arguments say that it listens, on loopback.
  std::optional<int> port{};

  bool operator==(const WorkloadProcess&) const = default;
};
BOOST_DESCRIBE_STRUCT(WorkloadProcess, (), (process, runner, may_raise, why_not, port))

/// One of the places in which a llama-server answers a request.
struct SlotReading {
  ProcessId runner;
  int slot{0};
  bool processing{false};
  std::int64_t task{-1};               ///< number of the request, -1 when there was none
  std::optional<std::int64_t> decoded; ///< tokens generated for it so far; older servers do not tell

  bool operator==(const SlotReading&) const = default;
};
BOOST_DESCRIBE_STRUCT(SlotReading, (), (runner, slot, processing, task, decoded))

struct WorkloadSample {
  std::string name;
  std::vector<WorkloadProcess> processes;
  int unlisted{0};  ///< further processes: neither looked into nor raised, and their CPU does not count
  bool leased{false};
  std::optional<std::vector<LoadedModel>> models;  ///< absent: the server was not asked or did not answer
  std::optional<bool> request_running;             ///< from /slots of all its runners; absent = unknown
  std::vector<SlotReading> slots{};                ///< of those runners that answered
  std::optional<Duration> slots_age{};             ///< of the oldest of these answers

  bool operator==(const WorkloadSample&) const = default;
};
BOOST_DESCRIBE_STRUCT(WorkloadSample, (),
                      (name, processes, unlisted, leased, models, request_running, slots, slots_age))

/// Everything one tick knows. Taking it cannot fail: a failed reader leaves its
/// field empty and a Problem behind.
struct Sample {
  std::optional<MemoryReading> memory;
  std::optional<PressureReading> pressure;
  std::optional<SwapReading> swap;
  std::optional<ThermalReading> thermal;
  std::optional<PowerReading> power;
  std::optional<CpuReading> cpu;
  std::optional<GpuReading> gpu;

  /// What the kernel's pressure events since the last sample prove: the largest share of a window in
  /// which some task, or all of them, waited for memory. Absent: there was no event.
  std::optional<Percent> some_stall;
  std::optional<Percent> full_stall;

  std::optional<Duration> took;  ///< from the first reading to the decision; absent: less than a second

  std::optional<OwnCostReading> own;  ///< about once a minute; absent in between

  int process_count{0};
  std::vector<WorkloadSample> workloads;
  std::vector<TargetSample> targets;
  std::vector<RefusedTarget> refused;
  std::vector<Birth> births;  ///< processes that no earlier sample knew; all of them in the first
  std::vector<Problem> problems;

  std::vector<Command> commands;   ///< what users asked for since the last sample
  std::vector<Outcome> outcomes;   ///< what the last actions really did
  std::vector<TierOutcome> tier_outcomes;
  std::vector<ErrandOutcome> errand_outcomes;
};
BOOST_DESCRIBE_STRUCT(Sample, (),
                      (memory, pressure, swap, thermal, power, cpu, gpu, some_stall, full_stall, took, process_count, workloads,
                       targets, refused, problems))

}  // namespace m1opt::model
