// What happens to holds between their beginning and their end.
#include <algorithm>
#include <set>
#include <thread>
#include <utility>

#include "act/executor.h"
#include "act/inheritance.h"
#include "act/outcome.h"
#include "act/plan.h"
#include "base/fault.h"
#include "base/log.h"

namespace m1opt::act {

namespace {

constexpr int kMostLooks = 60;  // as often as the guardian tries to undo

}  // namespace

Outcome Executor::extend(const Action& action, const Companions& companions) {
  Outcome outcome = outcome_of(action, action.record);
  const auto found = open_.find(action.record);
  if (found == open_.end()) return failed(outcome, {Errc::gone, 0, "no such record"});
  if (forbidden_) return failed(outcome, {Errc::unready, 0, *forbidden_});
  UndoRecord record = found->second;
  const ActionRow& row = row_of(record.kind);
  record.deadline = std::max(record.deadline, action.deadline);
  if (row.inherited) note_family(record);
  fault_point("executor.before_extend");
  // The longer deadline and the family must be known before anything more is changed.
  if (auto stored = parts_.journal.update(record); !stored) {
    return failed(outcome, not_of_the_process(stored.error()));
  }
  // Without a guardian too: else the family would be forgotten, of which nobody tells twice.
  open_[record.id] = record;
  if (auto known = parts_.guardian.hold(record); !known) {
    return failed(outcome, not_of_the_process(known.error()));
  }
  fault_point("executor.after_extend_record");
  if (auto same = check_identity(record); !same) return abandon(outcome, record, same.error());
  std::vector<std::string> notes;
  if (row.inherited) {
    if (auto more = apply_to_newcomers(row, action, companions, record, notes); !more) {
      return abandon(outcome, record, more.error());
    }
  }
  if (auto same = check_identity(record); !same) return abandon(outcome, record, same.error());
  if (auto guarded = check_guarded(); !guarded) return abandon(outcome, record, guarded.error());
  outcome.code = notes.empty() ? OutcomeCode::applied : OutcomeCode::partial;
  outcome.text = with_notes(describe_changes(record.changes), notes);
  return outcome;
}

void Executor::note_family(UndoRecord& record) {
  const auto all = list_processes(parts_.table);
  if (all.empty()) return;  // they could not be listed
  std::set<ProcessId> alive;
  for (const ProcessInfo& info : all) alive.insert(info.id);
  // The number of one that has ended may be another's by now, whose children are no family.
  std::erase_if(record.family, [&](const ProcessId& child) { return !alive.contains(child); });
  std::set<std::int32_t> family;
  if (alive.contains(record.process)) family.insert(record.process.pid);
  for (const ProcessId& child : record.family) family.insert(child.pid);
  for (const ProcessInfo& info : all) {
    if (!family.contains(info.parent) || family.contains(info.id.pid)) continue;
    if (info.id.start < record.opened_token) continue;
    family.insert(info.id.pid);
    record.family.push_back(info.id);
  }
}

void Executor::note_births(const std::vector<Birth>& births) {
  if (births.empty()) return;
  for (auto& [id, record] : open_) {
    if (!row_of(record.kind).inherited) continue;
    std::set<ProcessId> family(record.family.begin(), record.family.end());
    const std::size_t before = family.size();
    family.insert(record.process);
    for (bool grew = true; grew;) {  // one may be the child of another
      grew = false;
      for (const Birth& birth : births) {
        if (birth.child.start < record.opened_token || !family.contains(birth.parent)) continue;
        grew = family.insert(birth.child).second || grew;
      }
    }
    family.erase(record.process);
    if (family.size() == before) continue;
    // One that has ended has no more children; with all that ever were the record would grow for ever.
    std::erase_if(family, [&](const ProcessId& child) {
      const auto info = parts_.table.stat(child.pid);
      return !info || info->id != child;
    });
    record.family.assign(family.begin(), family.end());
    // Where these fail the next tick finds out and releases everything; what is known here is used for that.
    if (parts_.journal.update(record)) (void)parts_.guardian.hold(record);
  }
}

void Executor::look_again(Instant now) {
  for (auto undone = undone_.begin(); undone != undone_.end();) {
    if (!undone->since || now - *undone->since < kForkPatience) {
      ++undone;
      continue;
    }
    look_again(*undone);
    undone = undone->looks == 0 || undone->looks == kMostLooks ? undone_.erase(undone) : undone + 1;
  }
}

void Executor::look_again(Undone& undone) {
  const UndoRecord& record = undone.record;
  const auto found = undo_latecomers(parts_.control, parts_.table, parts_.boot, record, open_);
  if (found) {
    undone.looks = 0;
    if (*found == 0) return;
    log_info("record {} ({} pid {}): {} values of children born while it was undone are put back too", record.id,
             record.target, record.process.pid, *found);
  } else if (undone.looks++ == 0) {
    log_error("record {} ({} pid {}): a child born while it was undone: {}", record.id, record.target,
              record.process.pid, found.error().what);
  }
}

void Executor::finish() {
  if (undone_.empty()) return;
  std::this_thread::sleep_for(kForkPatience);
  for (Undone& undone : undone_) look_again(undone);
  undone_.clear();
}

void Executor::hand_over_groups(UndoRecord& record) {
  for (auto change = record.changes.begin(); change != record.changes.end();) {
    const auto heir = std::find_if(open_.begin(), open_.end(), [&](const auto& other) {
      return other.first != record.id && other.second.kind == record.kind &&
             is_in_group(parts_.control, other.second.process, change->subject);
    });
    if (heir == open_.end()) {
      ++change;
      continue;
    }
    UndoRecord taken = heir->second;
    taken.changes.push_back(*change);
    taken.changes.back().subject.process = taken.process;
    if (!parts_.journal.update(taken)) return;
    heir->second = taken;
    if (!parts_.guardian.hold(taken)) return;
    change = record.changes.erase(change);
    (void)parts_.journal.update(record);
  }
}

std::vector<Outcome> Executor::reread_journal() {
  auto outcomes = release_all("the guardian had taken over: this process did not answer in time");
  parts_.guardian.resume();
  return outcomes;
}

}  // namespace m1opt::act
