#include "act/undo.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "act/actions.h"
#include "base/fault.h"

namespace m1opt::act {

namespace {

constexpr int kPasses = 8;  // a target that forks faster than this is not a background daemon

/// Counts what became of the single changes.
struct Tally {
  int restored{0};
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
  ++tally.restored;
}

/// What a thread born since then inherited, and what to give it instead.
struct Inheritance {
  std::map<Attribute, std::pair<std::int64_t, std::int64_t>> values;  // attribute -> set, before
  std::set<ProcessId> known;  // threads that have changes of their own
};

Inheritance inheritance_of(const UndoRecord& record) {
  Inheritance out;
  for (const Change& change : record.changes) {
    if (change.subject.kind != SubjectKind::thread) continue;
    out.known.insert(change.subject.thread);
    const bool main_thread = change.subject.thread.pid == record.process.pid;
    if (main_thread || !out.values.contains(change.attribute)) {
      out.values[change.attribute] = {change.set, change.before};
    }
  }
  return out;
}

/// The process itself, its descendants, and orphans of it: same session or seen
/// as descendants earlier, born after the record was opened.
std::vector<ProcessId> heirs_of(platform::ProcessTable& table, const UndoRecord& record) {
  std::vector<ProcessInfo> all;
  if (auto pids = table.list()) {
    for (const std::int32_t pid : *pids) {
      if (auto info = table.stat(pid)) all.push_back(std::move(*info));
    }
  }
  std::set<std::int32_t> family;
  const auto belongs = [&](const ProcessInfo& info) {
    if (info.id == record.process) return true;
    if (info.id.start < record.opened_token) return false;
    return family.contains(info.parent) || info.session == record.session ||
           std::find(record.family.begin(), record.family.end(), info.id) != record.family.end();
  };
  std::vector<ProcessId> heirs;
  for (bool grew = true; grew;) {
    grew = false;
    for (const ProcessInfo& info : all) {
      if (family.contains(info.id.pid) || !belongs(info)) continue;
      family.insert(info.id.pid);
      heirs.push_back(info.id);
      grew = true;
    }
  }
  return heirs;
}

/// One pass over all heirs; returns how many values were put back.
int undo_inherited(platform::ProcessControl& control, platform::ProcessTable& table,
                   const UndoRecord& record, const Inheritance& inheritance, Tally& tally) {
  int found = 0;
  for (const ProcessId& heir : heirs_of(table, record)) {
    auto threads = control.threads(heir);
    if (!threads) continue;
    for (const ProcessId& thread : *threads) {
      // Older threads had this value before us; it is theirs.
      if (inheritance.known.contains(thread) || thread.start < record.opened_token) continue;
      const Subject subject{SubjectKind::thread, heir, thread, 0, {}};
      for (const auto& [attribute, values] : inheritance.values) {
        auto now = control.read(attribute, subject);
        if (!now || *now != values.first || values.first == values.second) continue;
        auto written = control.write(attribute, subject, values.second);
        if (written) {
          ++found;
        } else if (written.error().code == Errc::not_permitted) {
          tally.fail(written.error());
        }
      }
    }
  }
  return found;
}

UndoResult summarise(const UndoRecord& record, const Tally& tally) {
  if (tally.failure) {
    const auto code = tally.failure->code == Errc::not_permitted ? OutcomeCode::not_permitted
                                                                 : OutcomeCode::failed;
    return {code, tally.failure->what};
  }
  const int put_back = tally.restored + tally.inherited;
  std::string text = fmt::format("{} of {} values put back", tally.restored, record.changes.size());
  if (tally.inherited > 0) text += fmt::format(", {} inherited ones too", tally.inherited);
  if (tally.gone > 0) text += fmt::format(", {} ended", tally.gone);
  if (tally.changed > 0) text += fmt::format(", {} changed by somebody else and left", tally.changed);
  if (put_back > 0) return {OutcomeCode::undone, text};
  if (tally.gone > 0 && tally.changed == 0) return {OutcomeCode::gone, text};
  // Nothing had our value: it was never applied, or somebody else took it back.
  return {OutcomeCode::changed, text};
}

}  // namespace

UndoResult undo_record(platform::ProcessControl& control, platform::ProcessTable& table,
                       const BootId& boot, const UndoRecord& record) {
  if (record.boot != boot) return {OutcomeCode::gone, "the machine has been restarted since"};
  Tally tally;
  for (auto change = record.changes.rbegin(); change != record.changes.rend(); ++change) {
    undo_change(control, *change, tally);
  }
  if (row_of(record.kind).inherited) {
    const Inheritance inheritance = inheritance_of(record);
    for (int pass = 0; pass < kPasses; ++pass) {
      const int found = undo_inherited(control, table, record, inheritance, tally);
      tally.inherited += found;
      if (found == 0) break;
    }
  }
  return summarise(record, tally);
}

}  // namespace m1opt::act
