#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/config.h"
#include "model/event.h"
#include "model/profile.h"
#include "model/reading.h"
#include "model/sample.h"
#include "model/undo_record.h"

/// What one tick publishes and the API shows: plain documents, immutable once made.
namespace m1opt::model {

enum class WorkloadState { absent, resident, busy };
BOOST_DESCRIBE_ENUM(WorkloadState, absent, resident, busy)

/// A process of a workload as foreign readers may see it.
struct WorkloadMember {
  ProcessId id;
  std::string name;
  std::uint32_t uid{0};
  bool runner{false};
  RunState state{};
  int nice{0};
  std::optional<Percent> cpu_share;  ///< of one core; absent until two samples can be compared
  Bytes footprint;
  bool raised{false};
  std::string not_raised;  ///< why not; empty when raised
  bool background{false};
  /// Of its CPU time since the last sample; absent where the system does not tell, or it took none.
  std::optional<Percent> performance_core_share;
  std::optional<bool> app_nap;  ///< macOS: held back by App Nap; absent elsewhere
  std::optional<TierStatus> tiers;  ///< absent: none was asked for

  bool operator==(const WorkloadMember&) const = default;
};
BOOST_DESCRIBE_STRUCT(WorkloadMember, (),
                      (id, name, uid, runner, state, nice, cpu_share, footprint, raised,
                       not_raised, background, performance_core_share, app_nap, tiers))

struct WorkloadStatus {
  std::string name;
  WorkloadState state{};
  std::string state_source;  ///< what made it so: "tree CPU 180 % of a core over 5 s"
  WallTime since;
  std::optional<Percent> cpu_share;  ///< of one core; absent until its processes have been compared
  std::optional<double> tokens_per_s;  ///< generated now, all requests; absent: none runs, or nobody tells
  Bytes footprint;
  bool leased{false};
  std::optional<std::vector<LoadedModel>> models;
  std::vector<WorkloadMember> processes;
  int unlisted{0};  ///< further processes: more than are taken in, so neither listed, counted nor raised
  Instant since_instant;     ///< what app/ makes `since` from; never shown

  bool operator==(const WorkloadStatus&) const = default;
};
BOOST_DESCRIBE_STRUCT(WorkloadStatus, (),
                      (name, state, state_source, since, cpu_share, tokens_per_s, footprint, leased,
                       models, processes, unlisted))

/// One thing m1opt has changed and will undo.
struct HoldStatus {
  RecordId record{0};
  ActionKind kind{};
  std::string target;
  ProcessId process;
  std::string reason;
  std::string rule;        ///< empty for a manual hold and for a workload's priority
  bool manual{false};
  bool effective{true};    ///< false: its CPU share did not fall under contention
  std::string observed;    ///< what was read back: "SCHED_IDLE on 6 threads, autogroup nice 19"
  WallTime since;
  Duration held{};
  Duration remaining{};    ///< until its deadline
  Instant since_instant;   ///< what app/ makes `since` from; never shown

  bool operator==(const HoldStatus&) const = default;
};
BOOST_DESCRIBE_STRUCT(HoldStatus, (),
                      (record, kind, target, process, reason, rule, manual, effective, observed,
                       since, held, remaining))

struct TargetProcess {
  ProcessId id;
  std::string name;
  std::uint32_t uid{0};
  RunState state{};
  std::optional<Percent> cpu_share;  ///< of one core; absent until two samples can be compared
  std::vector<ActionKind> held;
  std::string why;  ///< why it is held, or why not

  bool operator==(const TargetProcess&) const = default;
};
BOOST_DESCRIBE_STRUCT(TargetProcess, (), (id, name, uid, state, cpu_share, held, why))

struct TargetStatus {
  std::string name;
  TargetMode mode{};
  std::vector<TargetProcess> processes;
  std::vector<RefusedTarget> refused;

  bool operator==(const TargetStatus&) const = default;
};
BOOST_DESCRIBE_STRUCT(TargetStatus, (), (name, mode, processes, refused))

struct DetectorStatus {
  std::string metric;
  std::optional<double> value;  ///< absent: unknown, `text` says why
  double enter{0};
  double exit{0};
  bool active{false};
  Duration since{};             ///< how long it has been so
  std::string text;
  std::string distance;         ///< one sentence: how far from tripping or clearing, and what it takes

  bool operator==(const DetectorStatus&) const = default;
};
BOOST_DESCRIBE_STRUCT(DetectorStatus, (), (metric, value, enter, exit, active, since, text, distance))

struct RuleStatus {
  std::string name;
  std::string why;
  bool enabled{true};
  bool tripped{false};
  bool acting{false};      ///< tripped and its need (busy, resident) is met
  std::string text;        ///< one sentence: what trips it, or how far it is
  std::vector<std::vector<DetectorStatus>> any;
  std::vector<LadderStep> ladder;
  RuleNeeds needs{RuleNeeds::nothing};
  bool need_met{false};    ///< now
  std::string obstacle;    ///< it acts by a rest or a request to others: why it does nothing now; empty: nothing keeps it

  bool operator==(const RuleStatus&) const = default;
};
BOOST_DESCRIBE_STRUCT(RuleStatus, (),
                      (name, why, enabled, tripped, acting, text, any, ladder, needs, need_met, obstacle))

struct Capability {
  std::string name;  ///< "suspend", "background", "raise", "autogroup", "psi_trigger", ...
  bool available{false};
  std::string text;  ///< what it means, or what is missing and what to do

  bool operator==(const Capability&) const = default;
};
BOOST_DESCRIBE_STRUCT(Capability, (), (name, available, text))

struct HealthFinding {
  Severity severity{};
  std::string text;
  std::string fix;

  bool operator==(const HealthFinding&) const = default;
};
BOOST_DESCRIBE_STRUCT(HealthFinding, (), (severity, text, fix))

struct PauseStatus {
  bool active{false};
  std::optional<WallTime> until;  ///< absent: until unpause
  std::uint32_t uid{0};
  std::optional<Instant> until_instant;  ///< what app/ makes `until` from; never shown

  bool operator==(const PauseStatus&) const = default;
};
BOOST_DESCRIBE_STRUCT(PauseStatus, (), (active, until, uid))

/// Is the machine kept from falling asleep while nobody uses it?
struct AwakeStatus {
  bool wanted{false};
  bool held{false};
  std::string reason;                  ///< why it is wanted, or why not
  std::optional<WallTime> since;       ///< of `held`
  std::optional<Duration> remaining;   ///< it ends by itself then, unless renewed
  std::optional<std::string> problem;  ///< why the last attempt failed; absent once one succeeds
  // What app/ makes of it, never shown.
  std::optional<Instant> since_instant;
  bool unsupported{false};  ///< the problem is that this system has no such thing

  bool operator==(const AwakeStatus&) const = default;
};
BOOST_DESCRIBE_STRUCT(AwakeStatus, (), (wanted, held, reason, since, remaining, problem))

struct GuardianStatus {
  bool alive{false};
  std::int32_t pid{0};
  std::optional<bool> memory_locked{false};  ///< absent where the system locks no memory (macOS)
  std::optional<Bytes> resident;

  bool operator==(const GuardianStatus&) const = default;
};
BOOST_DESCRIBE_STRUCT(GuardianStatus, (), (alive, pid, memory_locked, resident))

/// The daemon's own cost, and what it may be.
struct SelfStatus {
  std::optional<Percent> cpu_share;  ///< of one core, daemon and guardian; absent in the first 10 s
  std::optional<Percent> loop_cpu_share;  ///< of one core, the control loop's thread alone
  std::optional<Bytes> resident;     ///< of the daemon alone; absent when it could not be read
  std::optional<int> open_files;     ///< of the daemon
  std::optional<double> wakeups_per_s;  ///< times the daemon began to run after a wait
  std::uint64_t ticks{0};
  Duration tick_time{};      ///< the last tick
  Duration tick_lateness{};  ///< how much later than planned the last tick began
  Duration worst_lateness{}; ///< since start
  Duration period{};         ///< now planned
  int stretch{1};            ///< the busy period is so many times the config's, to keep the budget
  SelfConfig budget;         ///< from the config
  std::vector<std::string> over;  ///< what is beyond it, in words
  std::optional<Duration> reaction;  ///< the last time a kernel pressure event led to a hold: until it was read back

  bool operator==(const SelfStatus&) const = default;
};
BOOST_DESCRIBE_STRUCT(SelfStatus, (),
                      (cpu_share, loop_cpu_share, resident, open_files, wakeups_per_s, ticks,
                       tick_time, tick_lateness, worst_lateness, period, stretch, budget, over,
                       reaction))

/// After several unclean ends in a row the daemon only observes.
struct SafeModeStatus {
  bool active{false};
  std::optional<WallTime> until;  ///< absent: until its runs can be counted again
  std::string why;
  std::optional<Instant> until_instant;  ///< what app/ makes `until` from; never shown

  bool operator==(const SafeModeStatus&) const = default;
};
BOOST_DESCRIBE_STRUCT(SafeModeStatus, (), (active, until, why))

struct ConfigStatus {
  std::string path;
  WallTime loaded;
  std::string hash;                  ///< of the effective text
  std::optional<std::string> fault;  ///< a newer file was rejected: file:line:column: path: text
  std::string profile;               ///< in force: "8gb+fanless", "none"
  std::string profile_choice;        ///< what was asked for: "auto", "none" or its name
  std::string profile_reason;        ///< who asked, or what "auto" went by

  bool operator==(const ConfigStatus&) const = default;
};
BOOST_DESCRIBE_STRUCT(ConfigStatus, (),
                      (path, loaded, hash, fault, profile, profile_choice, profile_reason))

enum class Mode { active, paused, passive, dry_run, sysroot, safe, observing };
BOOST_DESCRIBE_ENUM(Mode, active, paused, passive, dry_run, sysroot, safe, observing)

/// Rates and shares computed by decide/ from two samples.
struct DerivedReadings {
  std::optional<BytesPerSecond> swap_in_rate;
  std::optional<BytesPerSecond> swap_out_rate;
  std::optional<Percent> cpu_busy;     ///< of all cores
  std::optional<Percent> targets_cpu;  ///< all targets together, of one core

  bool operator==(const DerivedReadings&) const = default;
};
BOOST_DESCRIBE_STRUCT(DerivedReadings, (), (swap_in_rate, swap_out_rate, cpu_busy, targets_cpu))

/// GET /v1/status
struct StatusDocument {
  std::string schema{"m1opt.status/1"};
  std::string version;
  std::int32_t pid{0};
  std::uint32_t uid{0};
  WallTime started;
  WallTime taken;        ///< when the readings were taken
  Duration age{};        ///< of the readings, when the answer was written
  Mode mode{};
  std::string headline;  ///< one line for people
  PauseStatus pause;
  SafeModeStatus safe_mode;
  MachineReading machine;
  std::optional<MemoryReading> memory;
  std::optional<PressureReading> pressure;
  std::optional<SwapReading> swap;
  std::optional<ThermalReading> thermal;
  std::optional<PowerReading> power;
  std::optional<CpuReading> cpu;
  std::optional<GpuReading> gpu;
  DerivedReadings derived;
  std::vector<Problem> problems;
  std::vector<WorkloadStatus> workloads;
  std::vector<HoldStatus> holds;
  AwakeStatus awake;
  std::vector<std::string> tripped_rules;
  std::vector<Capability> capabilities;
  std::vector<HealthFinding> health;
  GuardianStatus guardian;
  SelfStatus self;
  ConfigStatus config;

  bool operator==(const StatusDocument&) const = default;
};
BOOST_DESCRIBE_STRUCT(StatusDocument, (),
                      (schema, version, pid, uid, started, taken, age, mode, headline, pause,
                       safe_mode, machine, memory, pressure, swap, thermal, power, cpu, gpu, derived, problems,
                       workloads, holds, awake, tripped_rules, capabilities, health, guardian, self,
                       config))

/// All that the API can show of one tick.
struct Snapshot {
  Instant taken;
  StatusDocument status;
  std::vector<TargetStatus> targets;
  std::vector<RuleStatus> rules;
  std::shared_ptr<const Config> config;
  std::shared_ptr<const ConfigOrigin> origin;  ///< of `config`
};

}  // namespace m1opt::model
