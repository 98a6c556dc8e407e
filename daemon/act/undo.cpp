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

/// What a thread or process born since then inherited, and what to give it instead.
struct Inheritance {
  std::map<Attribute, std::pair<std::int64_t, std::int64_t>> values;  // attribute -> set, before
  // Threads and processes that have a change of that attribute of their own: of this record, of others.
  std::set<std::pair<Attribute, ProcessId>> known;
  std::set<std::pair<Attribute, ProcessId>> claimed;
};

/// The holder that a value belongs to: a thread, or the process as a whole.
const ProcessId& holder_of(const Subject& subject) {
  return subject.kind == SubjectKind::thread ? subject.thread : subject.process;
}

Inheritance inheritance_of(const UndoRecord& record, const std::map<RecordId, UndoRecord>& open) {
  Inheritance out;
  for (const auto& [id, other] : open) {
    if (id == record.id) continue;
    for (const Change& change : other.changes) {
      out.claimed.emplace(change.attribute, holder_of(change.subject));
    }
  }
  for (const Change& change : record.changes) {
    const SubjectKind kind = change.subject.kind;
    if (kind != SubjectKind::thread && kind != SubjectKind::process) continue;
    out.known.emplace(change.attribute, holder_of(change.subject));
    const bool main_thread = holder_of(change.subject).pid == record.process.pid;
    if (main_thread || !out.values.contains(change.attribute)) {
      out.values[change.attribute] = {change.set, change.before};
    }
  }
  return out;
}

std::vector<ProcessInfo> list_processes(platform::ProcessTable& table) {
  std::vector<ProcessInfo> all;
  if (auto pids = table.list()) {
    for (const std::int32_t pid : *pids) {
      if (auto info = table.stat(pid)) all.push_back(std::move(*info));
    }
  }
  return all;
}

/// A number is not given away while it names a session, so a process of that
/// number born since tells that the session ended and this is another one.
bool is_same_session(const std::vector<ProcessInfo>& all, const UndoRecord& record) {
  return record.session != 0 &&
         std::none_of(all.begin(), all.end(), [&](const ProcessInfo& info) {
           return info.id.pid == record.session && info.id.start >= record.opened_token &&
                  info.id != record.process;
         });
}

/// The process itself, its descendants, and orphans of it, born after the
/// record was opened: seen as descendants earlier or, if asked for, of the same
/// session.
std::vector<ProcessId> heirs_of(const std::vector<ProcessInfo>& all, const UndoRecord& record,
                                bool by_session) {
  std::set<std::int32_t> family;
  by_session = by_session && is_same_session(all, record);
  const auto belongs = [&](const ProcessInfo& info) {
    if (info.id == record.process) return true;
    if (info.id.start < record.opened_token) return false;
    return family.contains(info.parent) ||
           (by_session && info.session == record.session) ||
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

/// Processes that have this attribute by another record, with what descends from them: what
/// they inherited is the business of that one, which knows another value before.
std::set<std::int32_t> apart_from(const std::vector<ProcessInfo>& all, const UndoRecord& record,
                                  const Inheritance& inheritance, Attribute attribute) {
  std::set<std::int32_t> apart;
  if (inheritance.claimed.empty()) return apart;
  for (bool grew = true; grew;) {
    grew = false;
    for (const ProcessInfo& info : all) {
      if (info.id == record.process) continue;
      if (!apart.contains(info.parent) && !inheritance.claimed.contains({attribute, info.id})) continue;
      grew = apart.insert(info.id.pid).second || grew;
    }
  }
  return apart;
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
    const std::pair own(attribute, holder);
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
  const auto relatives = heirs_of(all, record, false);
  const auto mates = heirs_of(all, record, true);
  for (const auto& [attribute, values] : inheritance.values) {
    // 0 is what most processes have: in one that only shares the session it is no sign of ours.
    const auto apart = apart_from(all, record, inheritance, attribute);
    for (const ProcessId& heir : values.first == 0 ? relatives : mates) {
      if (apart.contains(heir.pid)) continue;
      found += undo_inherited_value(control, record, inheritance, attribute, heir, tally);
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
                       const BootId& boot, const UndoRecord& record,
                       const std::map<RecordId, UndoRecord>& open) {
  if (record.boot != boot) return {OutcomeCode::gone, "the machine has been restarted since"};
  Tally tally;
  for (auto change = record.changes.rbegin(); change != record.changes.rend(); ++change) {
    undo_change(control, *change, tally);
  }
  if (row_of(record.kind).inherited) {
    const Inheritance inheritance = inheritance_of(record, open);
    for (int pass = 0; pass < kPasses; ++pass) {
      const int found = undo_inherited(control, table, record, inheritance, tally);
      tally.inherited += found;
      if (found == 0) break;
    }
  }
  return summarise(record, tally);
}

}  // namespace m1opt::act
