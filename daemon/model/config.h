#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "model/reading.h"
#include "model/sample.h"

namespace m1opt::model {

using namespace std::chrono_literals;

struct SamplingConfig {
  Duration busy_period{1s};   ///< while a workload is busy or anything is held
  Duration idle_period{10s};
  bool events{true};  ///< the kernel's memory pressure events wake it at once; read at the start only

  bool operator==(const SamplingConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(SamplingConfig, (), (busy_period, idle_period, events))

enum class ReadAccess { everyone, group };
BOOST_DESCRIBE_ENUM(ReadAccess, everyone, group)

struct ApiConfig {
  ReadAccess read{ReadAccess::everyone};
  std::string group;            ///< empty: admin on macOS, sudo or wheel on Linux
  int max_connections{256};
  int max_connections_per_user{64};

  bool operator==(const ApiConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(ApiConfig, (), (read, group, max_connections, max_connections_per_user))

/// Matches a process by exact executable name or path glob; with `arguments`
/// only when one of these is among its first arguments, in order ("runner").
struct WorkloadConfig {
  std::string name;
  std::vector<std::string> executables;
  std::vector<std::string> arguments;          ///< any of these word sequences; empty = any arguments
  std::vector<std::string> runner_executables; ///< descendants that hold a model
  std::vector<std::string> runner_arguments;
  bool raise{true};
  std::vector<std::string> accounts;  ///< owners that may be raised besides root, admins and the daemon's own

  bool operator==(const WorkloadConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(WorkloadConfig, (),
                      (name, executables, arguments, runner_executables, runner_arguments, raise,
                       accounts))

struct TargetConfig {
  std::string name;
  std::vector<std::string> executables;  ///< exact names or path globs
  TargetMode mode{TargetMode::background};
  std::optional<Duration> max_suspend;  ///< shorter than limits.max_suspend
  /// So many suspended processes that vanished make the row background-only
  /// (mds kills and replaces a worker that does not answer).
  std::optional<int> vanish_limit;

  bool operator==(const TargetConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(TargetConfig, (), (name, executables, mode, max_suspend, vanish_limit))

/// One condition. It becomes true when the metric is at least `enter` for
/// `hold`, and false again when it is below `exit` for `exit_hold`. For what is
/// bad when low (available memory, battery charge) `exit` lies above `enter`:
/// at most `enter`, then above `exit`.
struct DetectorConfig {
  std::string metric;
  double enter{0};
  double exit{0};
  Duration hold{5s};
  Duration exit_hold{30s};

  bool operator==(const DetectorConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(DetectorConfig, (), (metric, enter, exit, hold, exit_hold))

struct DetectorGroupConfig {
  std::vector<DetectorConfig> all;

  bool operator==(const DetectorGroupConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(DetectorGroupConfig, (), (all))

enum class LadderStep {
  report,                  ///< only says so
  background,
  suspend,                 ///< after background has been tried
  suspend_if_ineffective,  ///< only where background is not possible or did not help
  pause_workload,          ///< a rest for idle runners of the workloads themselves
  unload_idle_models,      ///< Ollama is asked to forget models, the longest idle first
  stop_backup,             ///< Time Machine is asked to end the backup that runs
};
BOOST_DESCRIBE_ENUM(LadderStep, report, background, suspend, suspend_if_ineffective,
                    pause_workload, unload_idle_models, stop_backup)

enum class RuleNeeds {
  nothing,           ///< acts with no workload at all; meant for report
  resident_or_busy,  ///< busy, or resident with the pressure level at warning
  busy
};
BOOST_DESCRIBE_ENUM(RuleNeeds, nothing, resident_or_busy, busy)

/// Which targets a rule is about; empty means each.
struct RuleScopeConfig {
  std::vector<std::string> targets;  ///< rows of the targets table
  Percent cpu{0};                    ///< of a core: only those that want at least this much
  Bytes footprint;                   ///< only those that hold at least this much memory

  bool operator==(const RuleScopeConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(RuleScopeConfig, (), (targets, cpu, footprint))

struct RuleConfig {
  std::string name;
  bool enabled{true};
  std::string why;                       ///< one sentence, shown by explain
  RuleNeeds needs{RuleNeeds::resident_or_busy};
  std::vector<DetectorGroupConfig> any;  ///< groups OR-ed, detectors in one AND-ed
  std::vector<LadderStep> ladder;
  RuleScopeConfig scope{};

  bool operator==(const RuleConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(RuleConfig, (), (name, enabled, why, needs, any, ladder, scope))

struct LimitsConfig {
  Duration cooldown{60s};            ///< between the end of a hold and the next on that target
  Duration post_action{3s};          ///< after background, before the ladder goes on
  int max_suspended{3};
  int suspensions_per_hour{30};
  Duration passive{60min};           ///< after that many: nothing new for this long
  Duration max_suspend{600s};
  Duration breather{60s};            ///< at the least, after a suspension that ran to its end
  Percent duty{20};                  ///< of the time a target may run at the least
  Duration unknown_release{15s};
  int max_match{32};
  int reapply{3};
  Duration reapply_window{600s};
  Duration quiet{120s};              ///< without a busy workload, then everything is undone
  Duration foreign_resume{30min};    ///< a target somebody else continued is left alone
  Duration manual_resume{30min};     ///< a target a user resumed is left alone by the rules
  Duration renewal{60min};           ///< deadline of a background or raise, renewed at half of it
  Duration max_break{300s};          ///< of a workload that is given a rest
  Duration break_interval{600s};     ///< it runs at least so long between two of them
  int max_crashes{3};                ///< so many unclean ends in a row ...
  Duration crash_window{10min};      ///< ... in this time: observes only, for as long again

  bool operator==(const LimitsConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(LimitsConfig, (),
                      (cooldown, post_action, max_suspended, suspensions_per_hour, passive,
                       max_suspend, breather, duty, unknown_release, max_match, reapply,
                       reapply_window, quiet, foreign_resume, manual_resume, renewal, max_break,
                       break_interval, max_crashes, crash_window))

/// What daemon and guardian may take of the machine they serve. More than that is said, and what a
/// longer interval can mend is mended by one.
struct SelfConfig {
  Percent cpu{1};               ///< of one core, over a minute
  Bytes memory{32LL << 20};     ///< resident
  int open_files{400};          ///< of the daemon; 256 connections are allowed
  double wakeups_per_s{50};     ///< times the daemon began to run after a wait
  Duration lateness{1s};        ///< of a tick, the worst in a minute

  bool operator==(const SelfConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(SelfConfig, (), (cpu, memory, open_files, wakeups_per_s, lateness))

/// What is kept over restarts, in history.db.
struct HistoryConfig {
  bool enabled{true};
  Bytes max{64LL << 20};       ///< data and log; when it is more the oldest goes
  Duration write_period{60s};  ///< what is newer is lost when the daemon is killed

  bool operator==(const HistoryConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(HistoryConfig, (), (enabled, max, write_period))

struct PriorityConfig {
  bool enabled{true};
  int nice{-10};
  /// macOS, 0 best to 5 worst; absent: left alone. Once set they stay until the
  /// process ends, and setting one of the two clears the other.
  std::optional<int> throughput_tier;
  std::optional<int> latency_tier;

  bool operator==(const PriorityConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(PriorityConfig, (), (enabled, nice, throughput_tier, latency_tier))

/// Keeps the machine from falling asleep by itself while a workload works.
struct AwakeConfig {
  bool enabled{true};
  bool on_battery{false};

  bool operator==(const AwakeConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(AwakeConfig, (), (enabled, on_battery))

/// Asks a local Ollama which models it holds. Loopback only.
struct OllamaConfig {
  bool enabled{true};
  std::string host{"127.0.0.1"};
  int port{11434};
  Duration period{5s};

  bool operator==(const OllamaConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(OllamaConfig, (), (enabled, host, port, period))

/// Ticks as they were, on the disk, for `m1optctl simulate`.
struct TraceConfig {
  bool enabled{true};
  Bytes max{16LL << 20};  ///< of all its files together

  bool operator==(const TraceConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(TraceConfig, (), (enabled, max))

struct Config {
  /// "auto", "none", or names of profiles joined by '+'; what is in force says ConfigStatus.
  std::string profile{"auto"};
  bool observe_only{false};  ///< looks, judges and reports, and begins nothing at all
  bool watch_config{true};   ///< changed files take effect by themselves
  SamplingConfig sampling;
  ApiConfig api;
  PriorityConfig priority;
  AwakeConfig awake;
  OllamaConfig ollama;
  LimitsConfig limits;
  SelfConfig self;
  TraceConfig trace;
  HistoryConfig history;
  std::vector<WorkloadConfig> workloads;
  std::vector<TargetConfig> targets;
  std::vector<RuleConfig> rules;

  bool operator==(const Config&) const = default;
};
BOOST_DESCRIBE_STRUCT(Config, (),
                      (profile, observe_only, watch_config, sampling, api, priority, awake, ollama,
                       limits, self, trace, history, workloads, targets, rules))

}  // namespace m1opt::model
