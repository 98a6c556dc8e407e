#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "model/action.h"
#include "model/sample.h"
#include "model/snapshot.h"

namespace m1opt::decide {

using namespace m1opt::base;
using namespace m1opt::model;

/// A growing counter as it was; its rate is taken over at least kRateSpan.
struct CounterBase {
  Instant at;
  std::int64_t value{0};

  bool operator==(const CounterBase&) const = default;
};

/// Rates as last computed; absent while there are no two samples to compare.
struct Rates {
  std::optional<double> swap_in;         ///< bytes per second
  std::optional<double> swap_out;        ///< bytes per second
  std::optional<double> some_stall;      ///< percent of time; what an event proved counts
  std::optional<double> full_stall;
  std::optional<double> cpu_busy;        ///< percent of all cores
  std::optional<double> targets_taken;   ///< percent of one core
  std::optional<double> targets_demand;  ///< percent of one core; see rates.h

  bool operator==(const Rates&) const = default;
};

struct RateBases {
  std::optional<CounterBase> swap_in;
  std::optional<CounterBase> swap_out;
  std::optional<CounterBase> some_stall;
  std::optional<CounterBase> full_stall;
  std::optional<CounterBase> cpu_busy;
  std::optional<CounterBase> cpu_idle;

  bool operator==(const RateBases&) const = default;
};

/// One target or workload member over time.
struct Track {
  Instant first_seen;
  Instant base_at;
  Duration base_cpu{};
  std::optional<Duration> base_waited;
  std::optional<Duration> base_performance;
  double share{0};                     ///< percent of one core
  std::optional<double> performance_share;  ///< percent of its CPU time spent on performance cores
  std::optional<double> wait_share;    ///< time waited for a core, percent of one core
  bool known{false};                   ///< two samples have been compared
  bool fresh{false};                   ///< `share` was computed in this very tick
  std::optional<Instant> fresh_since;  ///< start of the span behind `share`
  bool sleeping{false};                ///< no thread of it ran or wanted to, when it was looked at
  bool seen{false};                    ///< in this sample; the others are dropped

  bool operator==(const Track&) const = default;
};

struct TrendPoint {
  Instant at;
  double value{0};

  bool operator==(const TrendPoint&) const = default;
};

struct DetectorState {
  std::string metric;
  bool active{false};
  Instant since;                        ///< of `active`
  std::optional<Instant> beyond_since;  ///< reading at or beyond enter without a break
  std::optional<Instant> clear_since;   ///< reading on the clear side of exit without a break
  std::optional<Instant> below_since;   ///< reading not at enter without a break, while active
  std::optional<Instant> unknown_since;
  bool lost{false};        ///< unknown for so long that it was released
  bool ever_known{false};  ///< a reading that never was cannot be lost
  std::optional<double> value;
  std::vector<TrendPoint> trend;  ///< the last seconds, oldest first

  bool operator==(const DetectorState&) const = default;
};

struct RuleState {
  std::vector<std::vector<DetectorState>> any;
  bool tripped{false};
  Instant since;
  bool announced{false};               ///< the trip was reported, so the end will be
  std::optional<Instant> last_needed;  ///< when its need (busy, resident) was met last

  bool operator==(const RuleState&) const = default;
};

struct CpuPoint {
  Instant at;
  Duration total{};

  bool operator==(const CpuPoint&) const = default;
};

/// How fast a workload's servers generate, from what their slots tell.
struct GenerationMemory {
  std::optional<Instant> taken;  ///< of the answer that was looked at last
  std::vector<SlotReading> slots;
  std::optional<double> rate;  ///< tokens a second, all requests together
  bool mixed{false};           ///< not all requests that ran had a part in `rate`
  std::vector<ProcessId> generating{};  ///< the runner of each request that `best` is of
  double best{0};              ///< of late: it fades by half in half an hour

  bool operator==(const GenerationMemory&) const = default;
};

struct WorkloadMemory {
  WorkloadState state{};
  WorkloadState told{};  ///< as the last event has it
  std::string source;
  Instant since;
  std::optional<Instant> last_sign;             ///< of a request
  std::optional<Instant> last_busy;             ///< when the state was busy last
  std::string busy_source;                      ///< that sign, in words
  std::map<std::string, std::string> expiries;  ///< model -> expires_at as last seen
  std::map<std::string, Instant> used;          ///< model -> when its expiry moved, or it was first seen
  bool models_known{false};
  Duration cpu_total{};  ///< of all members, counted since we look
  std::map<ProcessId, Duration> member_cpu;
  std::vector<CpuPoint> cpu;  ///< oldest first, spans at least 5 s
  GenerationMemory generation;

  bool operator==(const WorkloadMemory&) const = default;
};

/// Why a hold ends; decides who may hold that process again, and when.
enum class EndCause {
  paused,
  resumed,  ///< a user's wish
  deadline,
  vanished,  ///< no longer in the sample, or no longer a target
  foreign,   ///< somebody else continued it
  reset,     ///< somebody else reset its values
  rule_cleared,
  quiet,  ///< no busy workload for limits.quiet
  config  ///< the config no longer asks for it
};

struct Ending {
  EndCause cause{};
  std::string text;
  std::uint64_t command{0};  ///< the command whose reply waits for it; 0 once sent

  bool operator==(const Ending&) const = default;
};

/// One undo record that is open, as far as the policy knows.
struct Hold {
  RecordId record{0};
  ActionKind kind{};
  ProcessId process;
  std::string executable;
  std::string target;
  std::string rule;  ///< empty when manual, and for a workload's priority
  bool manual{false};
  std::string reason;
  std::string observed;  ///< what the executor read back
  Instant since;
  Instant deadline;
  bool effective{true};
  int strikes{0};          ///< fresh samples in a row in which it had no effect
  double share_before{0};  ///< percent of one core, just before
  double demand_before{0};
  int threads{0};                 ///< at the last begin or extend
  std::vector<ProcessId> family;  ///< descendants brought in by extend, sorted
  bool seen_applied{false};       ///< the process has been seen in the held state
  bool failure_reported{false};
  std::optional<Instant> failed;  ///< the last extension, or once `ending` is set the last end
  std::optional<Ending> ending;  ///< set until the outcome of the end is in

  bool operator==(const Hold&) const = default;
};

/// A begin whose outcome the next sample brings.
struct PendingBegin {
  Hold hold;  ///< without record
  bool operator==(const PendingBegin&) const = default;
};

enum class BanCause { cooldown, breather, manual_resume, foreign_resume, reset, changed };

/// Rules keep off a process, or a whole row, until then.
struct Ban {
  BanCause cause{};
  std::optional<ActionKind> kind;  ///< absent: every kind
  Instant until;

  bool operator==(const Ban&) const = default;
};

/// The processes of one user that match one row: what one user starts switches off nobody else's.
struct Crowd {
  std::string target;
  std::uint32_t uid{0};

  auto operator<=>(const Crowd&) const = default;
};

/// A row of the targets and why some that match it are left alone.
using RefusalKey = std::pair<std::string, std::string>;

struct RefusalMemory {
  Instant said;
  int since{0};  ///< processes that were left alone for it since then, and are not reported yet

  bool operator==(const RefusalMemory&) const = default;
};

/// A target or workload name with one process, or with ProcessId{} for the whole row.
using BanKey = std::pair<std::string, ProcessId>;

/// The action failed on this row: 60 s, doubling to an hour.
struct BackOff {
  int failures{0};
  Instant until;
  std::string text;
  bool tried{true};  ///< false when journal or guardian were not ready: says nothing of the action

  bool operator==(const BackOff&) const = default;
};

/// What was asked of the system's tool for one process, and how it went.
struct TierMemory {
  TierRequest request;
  bool waiting{false};  ///< for the outcome
  bool settled{false};  ///< never again
  int failures{0};
  Instant not_before;   ///< after a failure
  Instant last_seen;
  std::optional<int> exit_status;
  std::string text;

  bool operator==(const TierMemory&) const = default;
};

/// What somebody else was asked to do, and when he may be asked again.
struct ErrandMemory {
  bool waiting{false};  ///< for the outcome
  int failures{0};
  Instant not_before;
  std::optional<std::string> unsupported;  ///< why this system has no such thing

  bool operator==(const ErrandMemory&) const = default;
};

struct Lease {
  ProcessId process;
  std::string name;
  std::uint32_t uid{0};
  Instant since;
  int missed{0};  ///< samples in a row without the process
  int clients{1};  ///< that have asked for it and not yet ended it

  bool operator==(const Lease&) const = default;
};

struct PauseState {
  bool active{false};
  std::optional<Instant> until;  ///< absent: until unpause
  std::uint32_t uid{0};

  bool operator==(const PauseState&) const = default;
};

/// Observes only: begins nothing, for rules nor for users.
struct SafeState {
  bool active{false};
  std::optional<Instant> until;  ///< absent: until its runs can be counted again
  std::string why;

  bool operator==(const SafeState&) const = default;
};

/// How the daemon stands to its own budget.
struct BudgetState {
  int stretch{1};                           ///< of the busy period
  std::map<std::string, std::string> over;  ///< what is beyond -> in words, as of the last reading
  std::set<std::string> said;               ///< reported since all was well

  bool operator==(const BudgetState&) const = default;
};

/// What the policy remembers between ticks; a value. app/ reads `holds` (to
/// watch their processes), `leases` (to tell the sampler) and `pause` (to keep
/// it over a restart), and may set `pause` and `safe` before the first step.
struct State {
  std::optional<Instant> last_tick;
  Duration planned_period{};  ///< what the last decision asked for

  PauseState pause;
  SafeState safe;
  BudgetState budget;
  std::vector<Hold> holds;  ///< in the order they began
  std::vector<Lease> leases;

  std::vector<PendingBegin> pending;
  RateBases bases;
  Rates rates;
  std::map<ProcessId, Track> tracks;
  std::map<std::string, WorkloadMemory> workloads;
  std::map<std::string, RuleState> rules;
  std::map<BanKey, std::vector<Ban>> bans;
  std::map<std::pair<std::string, ActionKind>, BackOff> back_offs;
  std::map<std::pair<ProcessId, ActionKind>, std::vector<Instant>> reapplied;
  std::vector<Instant> suspensions;  ///< begun in the last hour
  std::optional<Instant> passive_until;
  std::map<std::string, int> vanished;  ///< row -> suspended processes that vanished
  std::set<ProcessId> refused;          ///< looked at already for a report
  std::map<RefusalKey, RefusalMemory> refusals;
  std::set<Crowd> overfull;             ///< reported for limits.max_match

  std::map<ProcessId, TierMemory> tiers;  ///< processes for which tiers were asked
  std::map<ErrandKind, ErrandMemory> errands;
  std::optional<std::string> no_tiers;    ///< why this system has none; then nobody asks again

  bool operator==(const State&) const = default;
};

}  // namespace m1opt::decide
