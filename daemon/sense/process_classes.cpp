#include <algorithm>
#include <utility>

#include "sense/process_tracker.h"

/// What a process is: its workload by its own program or by descent, and the
/// target row whose name it has.
namespace m1opt::sense {

namespace {

/// No real tree is deeper; bounds the recursion.
constexpr int kDeepest = 256;

}  // namespace

void ProcessTracker::classify(Entry& entry, const std::string& executable) {
  entry.direct = -1;
  entry.runner_rows = 0;
  entry.arguments_matter = false;
  entry.target = -1;
  entry.match = TargetMatch::none;
  if (executable.empty()) return;
  classify_workload(entry, executable);
  classify_target(entry, executable);
}

void ProcessTracker::classify_workload(Entry& entry, const std::string& executable) {
  std::optional<std::vector<std::string>> arguments;
  const auto matches = [&](const std::vector<std::string>& sequences) {
    entry.arguments_matter = true;
    if (!arguments) {
      auto read = table_.arguments(entry.pid);
      arguments = read ? std::move(*read) : std::vector<std::string>{};
    }
    return matches_arguments(sequences, *arguments);
  };
  for (std::size_t i = 0; i < workloads_.size() && i < 64; ++i) {
    const auto& row = workloads_[i];
    bool runner = matches_any_executable(row.runner_executables, executable);
    if (matches_any_executable(row.executables, executable)) {
      runner = runner || (!row.runner_arguments.empty() && matches(row.runner_arguments));
      if (entry.direct < 0 && (row.arguments.empty() || matches(row.arguments))) {
        entry.direct = static_cast<std::int16_t>(i);
      }
    }
    if (runner) entry.runner_rows |= std::uint64_t{1} << i;
  }
}

void ProcessTracker::classify_target(Entry& entry, const std::string& executable) {
  std::optional<std::uint32_t> owner;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    if (!matches_any_executable(targets_[i].executables, without_deleted(executable))) continue;
    if (!owner) {
      const auto read = table_.owner(entry.pid);
      if (!read) return;
      owner = *read;
    }
    const auto match = match_target(targets_[i], executable, *owner, own_uid_);
    if (match == TargetMatch::none) continue;
    if (entry.target >= 0 && match != TargetMatch::matched) continue;
    entry.target = static_cast<std::int16_t>(i);
    entry.match = match;
    if (match == TargetMatch::matched) return;
  }
}

ProcessTracker::Entry* ProcessTracker::parent_of(const Entry& entry) {
  Entry* parent = entry.parent > 0 && entry.parent != entry.pid ? find(entry.parent) : nullptr;
  // A parent is never younger than its child: otherwise the number was reused.
  if (parent == nullptr || parent->start == 0 || parent->start > entry.start) return nullptr;
  return parent;
}

int ProcessTracker::own_workload(const Entry& entry, int inherited) const {
  // A whole tree belongs to one row of the config, that of its topmost match; a
  // lease takes in what no row claims.
  if (inherited >= 0 && inherited < kFirstLease) return inherited;
  if (entry.kept >= 0 && entry.kept < kFirstLease) return entry.kept;
  if (entry.direct >= 0) return entry.direct;
  for (std::size_t slot = 0; slot < leases_.size(); ++slot) {
    if (leases_[slot] == ProcessId{entry.pid, entry.start})
      return kFirstLease + static_cast<int>(slot);
  }
  return inherited >= 0 ? inherited : entry.kept;
}

int ProcessTracker::evaluate(Entry& entry, int depth) {
  if (entry.generation == generation_ || depth > kDeepest) return entry.workload;
  entry.generation = generation_;
  Entry* parent = parent_of(entry);
  const int inherited = parent == nullptr ? -1 : evaluate(*parent, depth + 1);
  const auto own = static_cast<std::int16_t>(own_workload(entry, inherited));
  entry.inherited = own >= 0 && (own == inherited || own == entry.kept);
  if (own != entry.workload && own >= 0 && !entry.is_new) changed_ = true;
  entry.workload = own;
  return own;
}

void ProcessTracker::settle(Entry& entry) {
  if (entry.start == 0) return;
  evaluate(entry, 0);
  const Entry* parent = parent_of(entry);
  entry.watched = parent != nullptr && parent->match == TargetMatch::matched;
  const bool joined = entry.inherited && parent != nullptr && parent->workload == entry.workload;
  if (entry.watched || joined) entry.starter = parent->starter;
  const bool held =
      std::find(held_.begin(), held_.end(), ProcessId{entry.pid, entry.start}) != held_.end();
  const bool wanted = entry.workload >= 0 || entry.target >= 0 || held;
  if (!wanted) {
    if (entry.known) tracked_.erase(entry.pid);
    entry.known = false;
    return;
  }
  if (!entry.known) {
    auto info = table_.stat(entry.pid);
    const auto executable = table_.executable(entry.pid);
    const auto owner = table_.owner(entry.pid);
    // Without its owner nothing may be decided about it; the next tick tries again.
    if (!owner || !info || info->id.start != entry.start || info->state == RunState::zombie) {
      entry.fresh = std::max<std::uint8_t>(entry.fresh, 1);
      return;
    }
    entry.known = true;
    tracked_[entry.pid].info.uid = *owner;
    if (!entry.is_new) changed_ = true;
    store(entry, std::move(*info), executable ? *executable : std::string{}, false);
  }
  update_tracked(entry, held);
}

void ProcessTracker::update_tracked(Entry& entry, bool held) {
  auto& process = tracked_[entry.pid];
  process.workload = entry.workload;
  process.runner = entry.workload >= kFirstLease
                       ? entry.runner_rows != 0
                       : entry.workload >= 0 && entry.workload < 64 &&
                             (entry.runner_rows >> static_cast<unsigned>(entry.workload) & 1U) != 0;
  process.target = entry.target;
  process.match = entry.match;
  if (entry.target >= 0) {
    process.last_target = targets_[static_cast<std::size_t>(entry.target)].name;
    process.last_mode = targets_[static_cast<std::size_t>(entry.target)].mode;
  }
  process.held = held;
  // One that outlives its parent stays with who started that.
  if (!entry.watched && !entry.inherited) entry.starter = process.info.uid;
}

void ProcessTracker::settle_all() {
  ++generation_;
  for (auto& entry : entries_) settle(entry);
  changed_ = false;
}

}  // namespace m1opt::sense
