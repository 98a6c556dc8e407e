#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "model/undo_record.h"
#include "platform/platform.h"

/// Threads and children are born with the values of whoever starts them, ours too.
namespace m1opt::act {

using namespace m1opt::base;
using namespace m1opt::model;

/// A thread or process with one of its attributes.
using Holding = std::pair<Attribute, ProcessId>;

/// What a thread or process born since a record was opened inherited, and what to give it instead.
struct Inheritance {
  std::map<Attribute, std::pair<std::int64_t, std::int64_t>> values;  ///< attribute -> set, before
  std::set<Holding> known;  ///< they have a change of this record
  /// They have the same value by another record, opened at this start token.
  std::map<Holding, std::uint64_t> claimed;
};

Inheritance inheritance_of(const UndoRecord& record, const std::map<RecordId, UndoRecord>& open);

/// The holder that a value belongs to: a thread, or the process as a whole.
const ProcessId& holder_of(const Subject& subject);

std::vector<ProcessInfo> list_processes(platform::ProcessTable& table);

/// Who may have inherited this attribute of the record: the process itself, its descendants, and
/// orphans of it, seen as descendants earlier or of the same session, all born after the record was
/// opened; without those whose value is the business of another record.
std::vector<ProcessId> heirs_of(const std::vector<ProcessInfo>& all, const UndoRecord& record,
                                const Inheritance& inheritance, Attribute attribute);

/// A value before that an open record has set, or that was inherited from what it has set, is
/// nobody's own: it is replaced by the value before of that record, which may be undone first.
void look_through(platform::ProcessTable& table, const std::map<RecordId, UndoRecord>& open,
                  std::vector<Change>& changes);

}  // namespace m1opt::act
