#include "sense/process_tracker.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace m1opt::sense {

namespace {

constexpr std::uint8_t kFreshTicks = 4;  // when new and on the next 3
constexpr std::size_t kRotation = 10;
constexpr std::int32_t kLastPid = std::numeric_limits<std::int32_t>::max();
/// The kernel may drop its inodes under memory pressure and so change all marks
/// at once; then the checks are spread over ticks.
constexpr int kMostVerified = 256;

/// FNV-1a. An empty path (a kernel thread, a stranger's process) is 0.
std::uint64_t hash_of(std::string_view path) {
  if (path.empty()) return 0;
  std::uint64_t hash = 1469598103934665603ULL;
  for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

}  // namespace

ProcessTracker::ProcessTracker(platform::ProcessTable& table, std::uint32_t own_uid,
                               IsTrusted is_trusted)
    : table_(table), own_uid_(own_uid), is_trusted_(std::move(is_trusted)) {}

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

void ProcessTracker::set_held(const std::vector<ProcessId>& targets,
                              const std::vector<ProcessId>& members) {
  look_at(held_);  // what is let go is looked at once more, or it would count as held until its turn
  held_ = targets;
  held_members_ = members;
}

void ProcessTracker::look_at(const std::vector<ProcessId>& processes) {
  for (const auto& process : processes) {
    if (Entry* entry = find(process.pid)) entry->fresh = std::max<std::uint8_t>(entry->fresh, 1);
  }
}

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
  const bool wanted = entry.watched || (entry.known && (entry.workload >= 0 ||
                                                        entry.match == TargetMatch::matched));
  if (!wanted || ++refreshed_of_[entry.starter] > kMostOfOneUser) return false;
  if (++refreshed_ <= kMostRefreshed) return true;
  const bool has_row = entry.workload >= 0 && entry.workload < kFirstLease;
  return is_trusted_(entry.starter,
                     has_row ? &workloads_[static_cast<std::size_t>(entry.workload)] : nullptr);
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
  if (process.info.id != info.id || process.info.executable != executable) {
    process.watchdog.reset();
    process.port.reset();
  }
  info.uid = process.info.uid;
  info.executable = executable;
  if (!executable.empty()) info.name = base_name(without_deleted(executable));
  process.info = std::move(info);
  if (!ask_owner) return;
  if (const auto owner = table_.owner(entry.pid)) process.info.uid = *owner;
}

Result<void> ProcessTracker::update() {
  if (++generation_ == 0) generation_ = 1;
  if (auto read = list(); !read) return read;
  inspected_.clear();
  refreshed_ = 0;
  refreshed_of_.clear();
  look_at(held_);
  look_at(held_members_);
  for (auto& entry : entries_) {
    const bool in_slice = entry.pid >= slice_first_ && entry.pid <= slice_last_;
    if (!is_due(entry, in_slice)) continue;
    if (entry.fresh > 0) --entry.fresh;
    inspect(entry, in_slice);
    inspected_.push_back(entry.pid);
  }
  for (const auto pid : inspected_) {
    if (Entry* entry = find(pid)) settle(*entry);
  }
  if (changed_) settle_all();
  births_.clear();
  for (const auto pid : inspected_) {
    Entry* entry = find(pid);
    if (entry == nullptr || !std::exchange(entry->is_new, false) || entry->start == 0) continue;
    const Entry* parent = find(entry->parent);
    births_.push_back({{pid, entry->start}, {entry->parent, parent == nullptr ? 0 : parent->start}});
  }
  return {};
}

}  // namespace m1opt::sense
