#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/action.h"
#include "model/undo_record.h"
#include "platform/platform.h"

namespace m1opt::act {

using namespace m1opt::base;
using namespace m1opt::model;

struct UndoResult {
  OutcomeCode code{};  ///< undone, gone, changed; not_permitted and failed leave the record open
  std::string text;
  std::vector<Change> put_back;  ///< of the record's own: what had our value and has it no more

  bool operator==(const UndoResult&) const = default;
};

/// Puts back everything the record names, last change first, but only what
/// still has the value we set. Threads and children born since the record was
/// opened that carry exactly our value get the main thread's value before, but
/// for those that have it by another record of `open`, or descend from one that
/// has: that record knows their own.
/// Doing it twice does no harm. Needs no disk.
UndoResult undo_record(platform::ProcessControl& control, platform::ProcessTable& table,
                       const BootId& boot, const UndoRecord& record,
                       const std::map<RecordId, UndoRecord>& open = {});

/// A child whose fork() was under way while its parent was put back has the values of before that and
/// could not be seen yet: the system copies them first and shows the child last, milliseconds later
/// for a process of gigabytes (Linux 6.1, copy_process). So whoever has undone a record looks once more,
/// kForkPatience later or at the next tick. Returns how many values were put back; nothing is done for
/// a process that the same action holds again.
inline constexpr Duration kForkPatience = std::chrono::milliseconds(100);
Result<int> undo_latecomers(platform::ProcessControl& control, platform::ProcessTable& table, const BootId& boot,
                            const UndoRecord& record, const std::map<RecordId, UndoRecord>& open);

}  // namespace m1opt::act
