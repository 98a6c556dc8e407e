#include "act/inheritance.h"

#include <algorithm>
#include <optional>

#include "act/actions.h"

namespace m1opt::act {

namespace {

/// A number is not given away while it names a session, so a process of that
/// number born since tells that the session ended and this is another one.
bool is_same_session(const std::vector<ProcessInfo>& all, const UndoRecord& record) {
  return record.session != 0 &&
         std::none_of(all.begin(), all.end(), [&](const ProcessInfo& info) {
           return info.id.pid == record.session && info.id.start >= record.opened_token &&
                  info.id != record.process;
         });
}

/// Processes that have this attribute by another record, with what was born of them since: what
/// those inherited is the business of that one, which knows another value before.
std::set<std::int32_t> apart_from(const std::vector<ProcessInfo>& all, const UndoRecord& record,
                                  const Inheritance& inheritance, Attribute attribute) {
  std::map<std::int32_t, std::uint64_t> since;  // pid -> opening of that record
  std::set<std::int32_t> apart;
  if (inheritance.claimed.empty()) return apart;
  for (bool grew = true; grew;) {
    grew = false;
    for (const ProcessInfo& info : all) {
      if (info.id == record.process || apart.contains(info.id.pid)) continue;
      const auto claim = inheritance.claimed.find({attribute, info.id});
      const auto parent = since.find(info.parent);
      const bool born = parent != since.end() && info.id.start >= parent->second;
      if (claim == inheritance.claimed.end() && !born) continue;
      since[info.id.pid] = claim != inheritance.claimed.end() ? claim->second : parent->second;
      grew = apart.insert(info.id.pid).second;
    }
  }
  return apart;
}

/// Processes whose parent has ended: they were given to init, or to one of another session that takes
/// them in.
std::set<std::int32_t> orphans_of(const std::vector<ProcessInfo>& all) {
  std::map<std::int32_t, std::int32_t> sessions;
  for (const ProcessInfo& info : all) sessions.emplace(info.id.pid, info.session);
  std::set<std::int32_t> orphans;
  for (const ProcessInfo& info : all) {
    const auto parent = sessions.find(info.parent);
    if (info.parent <= 1 || parent == sessions.end() || parent->second != info.session) orphans.insert(info.id.pid);
  }
  return orphans;
}

/// The process itself, its descendants, and orphans of it, born after the record was opened: seen as
/// descendants earlier or, if asked for, of the same session. One of the session whose parent lives
/// descends from somebody else, whatever its values are.
std::vector<ProcessId> family_of(const std::vector<ProcessInfo>& all, const UndoRecord& record,
                                 bool by_session) {
  std::set<std::int32_t> family;
  by_session = by_session && is_same_session(all, record);
  const auto orphans = by_session ? orphans_of(all) : std::set<std::int32_t>{};
  const auto belongs = [&](const ProcessInfo& info) {
    if (info.id == record.process) return true;
    if (info.id.start < record.opened_token) return false;
    return family.contains(info.parent) ||
           (by_session && info.session == record.session && orphans.contains(info.id.pid)) ||
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

bool is_group(const Subject& subject) {
  return subject.kind == SubjectKind::autogroup || subject.kind == SubjectKind::cgroup;
}

bool is_same_holder(const Subject& a, const Subject& b) {
  if (a.kind != b.kind) return false;
  return is_group(a) ? a.number == b.number && a.path == b.path : holder_of(a) == holder_of(b);
}

/// The value before, if it is this record that has set the present one on just this holder.
std::optional<std::int64_t> value_below(const UndoRecord& record, const Change& change) {
  for (const Change& ours : record.changes) {
    if (ours.attribute == change.attribute && ours.set == change.before &&
        is_same_holder(ours.subject, change.subject)) {
      return ours.before;
    }
  }
  return std::nullopt;
}

/// The value before, if the present one is inherited from what this record has set.
std::optional<std::int64_t> value_inherited(platform::ProcessTable& table, const UndoRecord& record,
                                            const std::map<RecordId, UndoRecord>& open,
                                            const Change& change) {
  if (is_group(change.subject) || !row_of(record.kind).inherited) return std::nullopt;
  const ProcessId& holder = holder_of(change.subject);
  if (holder.start < record.opened_token) return std::nullopt;
  const auto inheritance = inheritance_of(record, open);
  const auto value = inheritance.values.find(change.attribute);
  if (value == inheritance.values.end() || value->second.first != change.before ||
      inheritance.known.contains({change.attribute, holder})) {
    return std::nullopt;
  }
  const auto heirs = heirs_of(list_processes(table), record, inheritance, change.attribute);
  if (std::find(heirs.begin(), heirs.end(), change.subject.process) == heirs.end()) return std::nullopt;
  return value->second.second;
}

}  // namespace

const ProcessId& holder_of(const Subject& subject) {
  return subject.kind == SubjectKind::thread ? subject.thread : subject.process;
}

Inheritance inheritance_of(const UndoRecord& record, const std::map<RecordId, UndoRecord>& open) {
  Inheritance out;
  for (const Change& change : record.changes) {
    const SubjectKind kind = change.subject.kind;
    if (kind != SubjectKind::thread && kind != SubjectKind::process) continue;
    out.known.emplace(change.attribute, holder_of(change.subject));
    const bool main_thread = holder_of(change.subject).pid == record.process.pid;
    if (main_thread || !out.values.contains(change.attribute)) {
      out.values[change.attribute] = {change.set, change.before};
    }
  }
  for (const auto& [id, other] : open) {
    if (id == record.id) continue;
    for (const Change& change : other.changes) {
      // Where the other has set another value than ours, one that is found to be ours is not his.
      const auto value = out.values.find(change.attribute);
      if (value == out.values.end() || value->second.first != change.set) continue;
      out.claimed.emplace(Holding(change.attribute, holder_of(change.subject)), other.opened_token);
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

std::vector<ProcessId> heirs_of(const std::vector<ProcessInfo>& all, const UndoRecord& record,
                                const Inheritance& inheritance, Attribute attribute) {
  // 0 is what most processes have: in one that only shares the session it is no sign of ours.
  auto heirs = family_of(all, record, inheritance.values.at(attribute).first != 0);
  const auto apart = apart_from(all, record, inheritance, attribute);
  std::erase_if(heirs, [&](const ProcessId& heir) { return apart.contains(heir.pid); });
  return heirs;
}

void look_through(platform::ProcessTable& table, const std::map<RecordId, UndoRecord>& open,
                  std::vector<Change>& changes) {
  for (Change& change : changes) {
    // The youngest record first: what it found was looked through in its turn.
    for (auto entry = open.rbegin(); entry != open.rend(); ++entry) {
      auto own = value_below(entry->second, change);
      if (!own) own = value_inherited(table, entry->second, open, change);
      if (!own) continue;
      change.before = *own;
      break;
    }
  }
}

}  // namespace m1opt::act
