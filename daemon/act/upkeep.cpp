// What happens to holds between their beginning and their end.
#include <algorithm>
#include <set>

#include "act/executor.h"
#include "act/inheritance.h"
#include "act/outcome.h"
#include "act/plan.h"
#include "base/fault.h"

namespace m1opt::act {

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
  if (row.inherited) {
    if (auto more = apply_to_newcomers(row, action, companions, record); !more) {
      return abandon(outcome, record, more.error());
    }
  }
  if (auto guarded = check_guarded(); !guarded) return abandon(outcome, record, guarded.error());
  outcome.code = OutcomeCode::applied;
  outcome.text = describe_changes(record.changes);
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
