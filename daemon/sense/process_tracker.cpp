#include "sense/process_tracker.h"

#include <algorithm>
#include <limits>

namespace m1opt::sense {

namespace {

constexpr std::uint8_t kFreshTicks = 4;  // when new and on the next 3
constexpr std::size_t kRotation = 10;
constexpr std::int32_t kLastPid = std::numeric_limits<std::int32_t>::max();
/// The kernel may drop its inodes under memory pressure and so change all marks
/// at once; then the checks are spread over ticks.
constexpr int kMostVerified = 256;
/// Bounds the cost that a user can cause by starting thousands of namesakes.
constexpr std::size_t kMostRefreshed = 1024;
constexpr int kDeepest = 256;

/// FNV-1a. An empty path (a kernel thread, a stranger's process) is 0.
std::uint64_t hash_of(std::string_view path) {
  if (path.empty()) return 0;
  std::uint64_t hash = 1469598103934665603ULL;
  for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

}  // namespace

ProcessTracker::ProcessTracker(platform::ProcessTable& table, std::uint32_t own_uid)
    : table_(table), own_uid_(own_uid) {}

void ProcessTracker::configure(const std::vector<WorkloadConfig>& workloads,
                               const std::vector<TargetConfig>& targets) {
  if (workloads == workloads_ && targets == targets_) return;
  std::vector<std::int16_t> renumbered(workloads_.size(), -1);
  for (std::size_t i = 0; i < workloads_.size(); ++i) {
    for (std::size_t j = 0; j < workloads.size(); ++j) {
      if (workloads_[i].name == workloads[j].name) renumbered[i] = static_cast<std::int16_t>(j);
    }
  }
  workloads_ = workloads;
  targets_ = targets;
  for (auto& entry : entries_) {
    if (entry.kept >= 0 && entry.kept < kFirstLease) {
      entry.kept = renumbered[static_cast<std::size_t>(entry.kept)];
    }
    entry.direct = -1;
    entry.workload = -1;
    entry.target = -1;
    entry.match = TargetMatch::none;
    entry.fresh = std::max<std::uint8_t>(entry.fresh, 1);
    entry.verify = true;
    entry.generation = 0;  // classified anew, whatever it runs
  }
  // Until the next update nobody may look up their old rows.
  for (auto& [pid, process] : tracked_) {
    process.workload = -1;
    process.target = -1;
    process.match = TargetMatch::none;
  }
  changed_ = true;
}

void ProcessTracker::set_leases(const std::vector<ProcessId>& roots) {
  for (std::size_t slot = 0; slot < leases_.size(); ++slot) {
    auto& lease = leases_[slot];
    if (!lease || std::find(roots.begin(), roots.end(), *lease) != roots.end()) continue;
    lease.reset();
    for (auto& entry : entries_) {
      if (entry.kept == kFirstLease + static_cast<int>(slot)) entry.kept = -1;
    }
    changed_ = true;
  }
  for (const auto& root : roots) {
    if (std::find(leases_.begin(), leases_.end(), root) != leases_.end()) continue;
    const auto free = std::find(leases_.begin(), leases_.end(), std::nullopt);
    if (free == leases_.end()) {
      leases_.emplace_back(root);
    } else {
      *free = root;
    }
    changed_ = true;
  }
}

void ProcessTracker::set_held(const std::vector<ProcessId>& held) { held_ = held; }

ProcessTracker::Entry* ProcessTracker::find(std::int32_t pid) {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), pid,
                                   [](const Entry& e, std::int32_t p) { return e.pid < p; });
  return at == entries_.end() || at->pid != pid ? nullptr : &*at;
}

/// Puts listed_ in the place of entries_[begin, end), keeping what is known.
void ProcessTracker::merge(std::size_t begin, std::size_t end) {
  merged_.clear();
  std::size_t old = begin;
  for (const auto& line : listed_) {
    for (; old < end && entries_[old].pid < line.pid; ++old) forget(entries_[old]);
    if (old < end && entries_[old].pid == line.pid) {
      Entry entry = entries_[old++];
      if (entry.mark != line.mark && (entry.known || verify_budget_-- > 0)) {
        entry.mark = line.mark;
        entry.verify = true;
        entry.fresh = std::max<std::uint8_t>(entry.fresh, 1);
      }
      merged_.push_back(entry);
    } else {
      Entry entry;
      entry.pid = line.pid;
      entry.mark = line.mark;
      entry.fresh = kFreshTicks;
      entry.is_new = true;
      merged_.push_back(entry);
    }
  }
  for (; old < end; ++old) forget(entries_[old]);
  const auto first = entries_.begin() + static_cast<std::ptrdiff_t>(begin);
  if (merged_.size() == end - begin) {
    std::copy(merged_.begin(), merged_.end(), first);
  } else {
    const auto at = entries_.erase(first, entries_.begin() + static_cast<std::ptrdiff_t>(end));
    entries_.insert(at, merged_.begin(), merged_.end());
  }
}

Result<void> ProcessTracker::list_part(std::int32_t first, std::int32_t last) {
  if (first > last) return {};
  if (auto read = table_.list_range(first, last, listed_); !read) return read;
  const auto by_pid = [](const Entry& e, std::int32_t p) { return e.pid < p; };
  const auto begin = std::lower_bound(entries_.begin(), entries_.end(), first, by_pid);
  const auto end =
      std::find_if(begin, entries_.end(), [&](const Entry& e) { return e.pid > last; });
  merge(static_cast<std::size_t>(begin - entries_.begin()),
        static_cast<std::size_t>(end - entries_.begin()));
  return {};
}

void ProcessTracker::choose_slice() {
  const std::size_t count = std::min((entries_.size() + kRotation - 1) / kRotation, kMostRotated);
  const auto by_pid = [](const Entry& e, std::int32_t p) { return e.pid < p; };
  auto at = static_cast<std::size_t>(
      std::lower_bound(entries_.begin(), entries_.end(), cursor_, by_pid) - entries_.begin());
  slice_first_ = cursor_;
  if (at >= entries_.size()) {
    at = 0;
    slice_first_ = 1;
  }
  const bool last = at + count >= entries_.size();
  slice_last_ = last ? kLastPid : entries_[at + count].pid - 1;
  cursor_ = last ? 1 : slice_last_ + 1;
}

Result<void> ProcessTracker::list() {
  verify_budget_ = kMostVerified;
  const auto newest = table_.newest_pid();
  // A number is given before its process shows up in the list, so the stretch
  // begins where it did at the tick before the last one.
  const auto since = newest_before_;
  const bool whole = entries_.size() < kWholeListBelow || !newest || !since;
  newest_before_ = newest_;
  newest_ = newest;
  if (whole) {
    auto read = list_part(1, kLastPid);
    if (read) choose_slice();
    return read;
  }
  choose_slice();
  if (auto read = list_part(slice_first_, slice_last_); !read) return read;
  if (*newest >= *since) return list_part(*since + 1, *newest);
  // Numbers wrapped.
  if (auto read = list_part(*since + 1, kLastPid); !read) return read;
  return list_part(1, *newest);
}

void ProcessTracker::reset_classes(Entry& entry) {
  if (entry.known) tracked_.erase(entry.pid);
  Entry blank;
  blank.pid = entry.pid;
  blank.parent = entry.parent;
  blank.start = entry.start;
  blank.mark = entry.mark;
  blank.fresh = entry.fresh;
  blank.is_new = entry.is_new;
  entry = blank;
}

void ProcessTracker::forget(Entry& entry) {
  reset_classes(entry);
  entry.start = 0;
}

bool ProcessTracker::is_due(const Entry& entry, bool in_slice) {
  if (entry.fresh > 0 || in_slice) return true;
  const bool wanted = entry.watched ||
                      (entry.known && (entry.workload >= 0 || entry.match == TargetMatch::matched ||
                                       tracked_[entry.pid].held));
  return wanted && ++refreshed_ <= kMostRefreshed;
}

bool ProcessTracker::read_stat(Entry& entry, std::optional<ProcessInfo>& info) {
  auto read = table_.stat(entry.pid);
  // A dead process that nobody has waited for runs nothing and holds nothing.
  if (!read || read->state == RunState::zombie) return false;
  if (entry.start != read->id.start) {
    if (entry.start != 0) {
      reset_classes(entry);
      entry.fresh = std::max(entry.fresh, kFreshTicks);
    }
    entry.start = read->id.start;
    entry.parent = read->parent;
  } else if (entry.parent != read->parent) {
    // Its parent ended: it stays what it was, or a runner would be lost with
    // the server that started it.
    if (entry.workload >= 0 && entry.inherited) entry.kept = entry.workload;
    entry.parent = read->parent;
  }
  info = std::move(*read);
  return true;
}

void ProcessTracker::inspect(Entry& entry, bool in_slice) {
  std::optional<ProcessInfo> info;
  const bool identity_matters =
      entry.start == 0 || entry.known || entry.watched || entry.verify || entry.mark == 0;
  if (identity_matters && !read_stat(entry, info)) return forget(entry);
  entry.verify = false;
  auto path = table_.executable(entry.pid);
  const std::string executable = path ? std::move(*path) : std::string{};
  const auto hash = hash_of(executable);
  const bool other_program = entry.is_new || hash != entry.path_hash || entry.generation == 0;
  if (other_program && !info && !read_stat(entry, info)) return forget(entry);
  if (other_program || entry.arguments_matter) classify(entry, executable);
  entry.path_hash = hash;
  if (entry.known && info) store(entry, std::move(*info), executable, in_slice || other_program);
}

void ProcessTracker::store(Entry& entry, ProcessInfo info, const std::string& executable,
                           bool ask_owner) {
  auto& process = tracked_[entry.pid];
  if (process.info.id != info.id || process.info.executable != executable) process.watchdog.reset();
  info.uid = process.info.uid;
  info.executable = executable;
  if (!executable.empty()) info.name = base_name(without_deleted(executable));
  process.info = std::move(info);
  if (!ask_owner) return;
  if (const auto owner = table_.owner(entry.pid)) process.info.uid = *owner;
}

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
}

void ProcessTracker::settle_all() {
  ++generation_;
  for (auto& entry : entries_) settle(entry);
  changed_ = false;
}

Result<void> ProcessTracker::update() {
  if (++generation_ == 0) generation_ = 1;
  if (auto read = list(); !read) return read;
  inspected_.clear();
  refreshed_ = 0;
  for (auto& entry : entries_) {
    const bool in_slice = entry.pid >= slice_first_ && entry.pid <= slice_last_;
    if (!is_due(entry, in_slice)) continue;
    if (entry.fresh > 0) --entry.fresh;
    inspect(entry, in_slice);
    inspected_.push_back(entry.pid);
  }
  for (const auto& process : held_) inspected_.push_back(process.pid);
  for (const auto pid : inspected_) {
    if (Entry* entry = find(pid)) settle(*entry);
  }
  if (changed_) settle_all();
  for (const auto pid : inspected_) {
    if (Entry* entry = find(pid)) entry->is_new = false;
  }
  return {};
}

}  // namespace m1opt::sense
