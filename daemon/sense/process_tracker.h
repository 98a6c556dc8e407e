#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/config.h"
#include "model/process.h"
#include "platform/platform.h"
#include "sense/matching.h"

namespace m1opt::sense {

using namespace m1opt::base;
using namespace m1opt::model;

/// A process that belongs to a workload or has the name of a target.
struct Tracked {
  ProcessInfo info;
  int workload{-1};  ///< row of the config; from ProcessTracker::kFirstLease on a lease
  bool runner{false};
  int target{-1};  ///< row of the config whose name matches
  TargetMatch match{TargetMatch::none};
  bool held{false};
  std::string last_target;  ///< name of the row it matched last, for a hold that outlives the match
  TargetMode last_mode{};
  std::optional<Result<bool>> watchdog;  ///< asked once for each program a process runs
  std::optional<std::optional<int>> port;  ///< of a runner; looked up once for each program
};

/// Knows which processes there are and what they are, at little cost: pids are
/// listed each tick, but a process is looked at only when it is new, on the 3
/// ticks after that (fork, then exec), when its number was given away, and in a
/// rotating tenth of all. Looked at each tick is what m1opt holds, and of the
/// members of workloads, targets and their children as many of each user as
/// kMostOfOneUser: anybody can start thousands of namesakes, and they cost the
/// processes of nobody else their turn. Beyond kMostRefreshed in all only those
/// of trusted users, since one person may have thousands of user ids.
///
/// Above kWholeListBelow processes even the list is read in parts: the pids
/// given since the last tick, and the rotating tenth. Above 10 x kMostRotated
/// the rotation takes longer than 10 ticks, so that a tick stays short.
class ProcessTracker {
 public:
  static constexpr int kFirstLease = 1000;
  static constexpr std::size_t kWholeListBelow = 1000;
  static constexpr std::size_t kMostRotated = 512;
  static constexpr std::size_t kMostOfOneUser = 512;
  static constexpr std::size_t kMostRefreshed = 1024;

  /// May this user's process be raised? Asked with the row of its workload; null: it belongs to none.
  using IsTrusted = std::function<bool(std::uint32_t uid, const WorkloadConfig* row)>;

  ProcessTracker(platform::ProcessTable& table, std::uint32_t own_uid, IsTrusted is_trusted);

  /// Takes effect with the next update; cheap when nothing changed.
  void configure(const std::vector<WorkloadConfig>& workloads,
                 const std::vector<TargetConfig>& targets);
  /// Lease i is workload kFirstLease + slot; see lease_slots().
  void set_leases(const std::vector<ProcessId>& roots);
  /// Looked at on every tick. `targets` also stay in tracked() until they end, whatever they run by then;
  /// `members` are those of workloads.
  void set_held(const std::vector<ProcessId>& targets, const std::vector<ProcessId>& members);

  /// One tick. Fails only when the list of processes cannot be read; what was
  /// known then stays.
  Result<void> update();

  /// By pid.
  [[nodiscard]] std::map<std::int32_t, Tracked>& tracked() { return tracked_; }
  /// Of the last update.
  [[nodiscard]] const std::vector<Birth>& births() const { return births_; }
  [[nodiscard]] std::size_t process_count() const { return entries_.size(); }
  /// The process whose tree is workload kFirstLease + index; absent: free.
  [[nodiscard]] const std::vector<std::optional<ProcessId>>& lease_slots() const { return leases_; }

 private:
  static constexpr std::uint32_t kNobody = std::numeric_limits<std::uint32_t>::max();

  /// What is kept of every process; small, since there may be tens of thousands.
  struct Entry {
    std::int32_t pid{0};
    std::int32_t parent{0};
    std::uint64_t start{0};  ///< 0: not read yet
    std::uint64_t mark{0};
    std::uint64_t path_hash{0};
    std::uint64_t runner_rows{0};  ///< bit i: a runner when it belongs to workload i
    std::uint32_t generation{0};   ///< when `workload` was worked out
    /// Whose share of the looks it takes up: the owner of the topmost process of its tree, or anybody
    /// could fill root's share with programs that the set-uid bit makes root's.
    std::uint32_t starter{kNobody};
    std::int16_t direct{-1};       ///< workload row that its own program matches
    std::int16_t workload{-1};     ///< what it belongs to
    std::int16_t kept{-1};         ///< what it had inherited when its parent ended
    std::int16_t target{-1};
    TargetMatch match{TargetMatch::none};
    std::uint8_t fresh{0};         ///< look at it on this many ticks
    bool inherited{false};         ///< `workload` comes from its parent
    bool verify{false};            ///< its number may have gone to another process
    bool arguments_matter{false};  ///< its executable alone does not decide
    bool known{false};             ///< in tracked_
    bool watched{false};           ///< child of a target
    bool is_new{false};            ///< first seen on this tick
  };

  Result<void> list();
  Result<void> list_part(std::int32_t first, std::int32_t last);
  void merge(std::size_t begin, std::size_t end);
  void choose_slice();
  void look_at(const std::vector<ProcessId>& processes);
  [[nodiscard]] bool is_due(const Entry& entry, bool in_slice);
  void inspect(Entry& entry, bool in_slice);
  bool read_stat(Entry& entry, std::optional<ProcessInfo>& info);
  void store(Entry& entry, ProcessInfo info, const std::string& executable, bool ask_owner);
  void forget(Entry& entry);
  void reset_classes(Entry& entry);
  void classify(Entry& entry, const std::string& executable);
  void classify_workload(Entry& entry, const std::string& executable);
  void classify_target(Entry& entry, const std::string& executable);
  int evaluate(Entry& entry, int depth);
  int own_workload(const Entry& entry, int inherited) const;
  void settle(Entry& entry);
  void settle_all();
  void update_tracked(Entry& entry, bool held);
  Entry* find(std::int32_t pid);
  Entry* parent_of(const Entry& entry);

  platform::ProcessTable& table_;
  std::uint32_t own_uid_;
  IsTrusted is_trusted_;
  std::vector<WorkloadConfig> workloads_;
  std::vector<TargetConfig> targets_;
  std::vector<std::optional<ProcessId>> leases_;
  std::vector<ProcessId> held_;          ///< targets
  std::vector<ProcessId> held_members_;  ///< of workloads

  std::vector<Entry> entries_;  ///< by pid
  std::map<std::int32_t, Tracked> tracked_;
  std::vector<platform::ListedProcess> listed_;
  std::vector<Entry> merged_;
  std::int32_t cursor_{1};       ///< where the rotation goes on
  std::int32_t slice_first_{1};  ///< pids of this tick's tenth
  std::int32_t slice_last_{0};
  std::optional<std::int32_t> newest_;         ///< at the last tick
  std::optional<std::int32_t> newest_before_;  ///< at the tick before that
  int verify_budget_{0};
  std::uint32_t generation_{0};
  std::vector<std::int32_t> inspected_;  ///< on this tick
  std::vector<Birth> births_;
  std::size_t refreshed_{0};             ///< on this tick, out of turn
  std::unordered_map<std::uint32_t, std::size_t> refreshed_of_;  ///< the same for each user
  bool changed_{false};                  ///< an older process became what others may descend from
};

}  // namespace m1opt::sense
