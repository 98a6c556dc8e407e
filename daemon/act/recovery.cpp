#include "act/recovery.h"

#include <algorithm>
#include <map>
#include <thread>

#include "act/record_lock.h"
#include "act/undo.h"
#include "base/fault.h"

namespace m1opt::act {

namespace {

constexpr Duration kRecoveryLockPatience = std::chrono::seconds(3);
constexpr Duration kOverdueGrace = std::chrono::seconds(1);

}  // namespace

bool RecoveryReport::complete() const {
  return unreadable.empty() && std::all_of(outcomes.begin(), outcomes.end(),
                                           [](const Outcome& o) { return is_over(o.code); });
}

bool RecoveryReport::lacks_rights() const {
  return std::any_of(outcomes.begin(), outcomes.end(),
                     [](const Outcome& o) { return o.code == OutcomeCode::not_permitted; });
}

Result<RecoveryReport> recover(journal::UndoJournal& journal, platform::ProcessControl& control,
                               platform::ProcessTable& table, const BootId& boot, Instant now,
                               const std::string& state_directory, bool overdue_only) {
  RecoveryReport report;
  auto records = journal.open_records(&report.unreadable);
  if (!records) return records.error();
  std::map<RecordId, UndoRecord> open;
  for (const UndoRecord& record : *records) open.emplace(record.id, record);
  std::vector<UndoRecord> undone;
  RecordLock lock(state_directory);
  for (const UndoRecord& record : *records) {
    if (overdue_only && record.boot == boot && now - record.deadline <= kOverdueGrace) continue;
    auto held = lock.acquire(kRecoveryLockPatience);
    auto closing = journal.closing(record.id);
    if (closing && *closing) continue;  // another undoer was first
    fault_point("recovery.before_undo");
    const UndoResult result = undo_record(control, table, boot, record, open);
    fault_point("recovery.after_undo");
    if (is_over(result.code)) {
      open.erase(record.id);
      if (!result.put_back.empty()) undone.push_back(record);
      // A full disk must not keep the next one stopped.
      auto closed = journal.close(record.id, result.code, "recovery: " + result.text);
      if (!closed && !report.unclosed) report.unclosed = closed.error();
    }
    fault_point("recovery.after_close");
    Outcome outcome;
    outcome.verb = ActionVerb::end;
    outcome.kind = record.kind;
    outcome.process = record.process;
    outcome.target = record.target;
    outcome.record = record.id;
    outcome.code = result.code;
    outcome.text = result.text;
    outcome.reason = record.reason;
    report.outcomes.push_back(std::move(outcome));
  }
  if (!undone.empty()) std::this_thread::sleep_for(kForkPatience);
  for (const UndoRecord& record : undone) (void)undo_latecomers(control, table, boot, record, open);
  return report;
}

}  // namespace m1opt::act
