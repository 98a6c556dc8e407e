#include "act/undo.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "act/actions.h"
#include "act/inheritance.h"
#include "base/fault.h"

namespace m1opt::act {

namespace {

constexpr int kPasses = 8;  // a target that forks faster than this is not a background daemon

/// Counts what became of the single changes.
struct Tally {
  std::vector<Change> restored;
  int inherited{0};
  int gone{0};
  int changed{0};
  std::optional<Error> failure;

  void fail(const Error& error) {
    if (!failure || error.code == Errc::not_permitted) failure = error;
  }
};

void undo_change(platform::ProcessControl& control, const Change& change, Tally& tally) {
  auto now = control.read(change.attribute, change.subject);
  if (!now) {
    if (now.error().code == Errc::gone) {
      ++tally.gone;
    } else {
      tally.fail(now.error());
    }
    return;
  }
  if (*now == change.before) return;
  if (*now != change.set) {
    ++tally.changed;
    return;
  }
  fault_point("undo.before_change");
  auto written = control.write(change.attribute, change.subject, change.before);
  fault_point("undo.after_change");
  if (!written) {
    if (written.error().code == Errc::gone || written.error().code == Errc::changed) {
      ++tally.gone;
    } else {
      tally.fail(written.error());
    }
    return;
  }
  auto read_back = control.read(change.attribute, change.subject);
  if (read_back && *read_back == change.set && change.attribute != Attribute::run_state) {
    tally.fail({Errc::io, 0, "the value did not take"});
    return;
  }
  tally.restored.push_back(change);
}

/// Puts back what one heir inherited of one attribute; returns how many values.
int undo_inherited_value(platform::ProcessControl& control, const UndoRecord& record,
                         const Inheritance& inheritance, Attribute attribute,
                         const ProcessId& heir, Tally& tally) {
  const auto [set, before] = inheritance.values.at(attribute);
  auto subjects = subjects_of(control, attribute, heir);
  if (!subjects || set == before) return 0;
  int found = 0;
  for (const Subject& subject : *subjects) {
    const ProcessId& holder = holder_of(subject);
    const Holding own(attribute, holder);
    if (inheritance.known.contains(own) || inheritance.claimed.contains(own)) continue;
    // Older ones had this value before us; it is theirs.
    if (holder.start < record.opened_token) continue;
    auto now = control.read(attribute, subject);
    if (!now || *now != set) continue;
    fault_point("undo.before_inherited");
    auto written = control.write(attribute, subject, before);
    fault_point("undo.after_inherited");
    if (written) {
      ++found;
    } else if (written.error().code != Errc::gone && written.error().code != Errc::changed) {
      tally.fail(written.error());
    }
  }
  return found;
}

/// One pass over all heirs; returns how many values were put back.
int undo_inherited(platform::ProcessControl& control, platform::ProcessTable& table,
                   const UndoRecord& record, const Inheritance& inheritance, Tally& tally) {
  int found = 0;
  const auto all = list_processes(table);
  for (const auto& [attribute, values] : inheritance.values) {
    for (const ProcessId& heir : heirs_of(all, record, inheritance, attribute)) {
      found += undo_inherited_value(control, record, inheritance, attribute, heir, tally);
    }
  }
  return found;
}

/// Until a pass finds nothing: what is put back may have had another child meanwhile.
void undo_heirs(platform::ProcessControl& control, platform::ProcessTable& table, const UndoRecord& record,
                const std::map<RecordId, UndoRecord>& open, Tally& tally) {
  if (!row_of(record.kind).inherited) return;
  const Inheritance inheritance = inheritance_of(record, open);
  for (int pass = 0; pass < kPasses; ++pass) {
    const int found = undo_inherited(control, table, record, inheritance, tally);
    tally.inherited += found;
    if (found == 0) return;
  }
}

UndoResult summarise(const UndoRecord& record, Tally tally) {
  if (tally.failure) {
    const auto code = tally.failure->code == Errc::not_permitted ? OutcomeCode::not_permitted
                                                                 : OutcomeCode::failed;
    return {code, tally.failure->what, std::move(tally.restored)};
  }
  const bool put_back = !tally.restored.empty() || tally.inherited > 0;
  std::string text = fmt::format("{} of {} values put back", tally.restored.size(), record.changes.size());
  if (tally.inherited > 0) text += fmt::format(", {} inherited ones too", tally.inherited);
  if (tally.gone > 0) text += fmt::format(", {} ended", tally.gone);
  if (tally.changed > 0) text += fmt::format(", {} changed by somebody else and left", tally.changed);
  if (put_back) return {OutcomeCode::undone, text, std::move(tally.restored)};
  if (tally.gone > 0 && tally.changed == 0) return {OutcomeCode::gone, text, {}};
  // Nothing had our value: it was never applied, or somebody else took it back.
  return {OutcomeCode::changed, text, {}};
}

}  // namespace

UndoResult undo_record(platform::ProcessControl& control, platform::ProcessTable& table,
                       const BootId& boot, const UndoRecord& record,
                       const std::map<RecordId, UndoRecord>& open) {
  if (record.boot != boot) return {OutcomeCode::gone, "the machine has been restarted since", {}};
  Tally tally;
  for (auto change = record.changes.rbegin(); change != record.changes.rend(); ++change) {
    undo_change(control, *change, tally);
  }
  undo_heirs(control, table, record, open, tally);
  return summarise(record, std::move(tally));
}

Result<int> undo_latecomers(platform::ProcessControl& control, platform::ProcessTable& table, const BootId& boot,
                            const UndoRecord& record, const std::map<RecordId, UndoRecord>& open) {
  if (record.boot != boot || !row_of(record.kind).inherited) return 0;
  const bool again = std::any_of(open.begin(), open.end(), [&](const auto& other) {
    return other.first != record.id && other.second.kind == record.kind && other.second.process == record.process;
  });
  if (again) return 0;
  Tally tally;
  undo_heirs(control, table, record, open, tally);
  if (tally.failure) return *tally.failure;
  return tally.inherited;
}

}  // namespace m1opt::act
