#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "journal/undo_journal.h"
#include "model/action.h"
#include "platform/platform.h"

namespace m1opt::act {

using namespace m1opt::base;
using namespace m1opt::model;

struct RecoveryReport {
  std::vector<Outcome> outcomes;       ///< one per open record that was looked at
  std::vector<RecordId> unreadable;    ///< records that cannot be understood; they stay
  std::optional<Error> unclosed;       ///< all were undone, but the journal could not be told
  [[nodiscard]] bool complete() const;       ///< no record of this boot is open any more
  [[nodiscard]] bool lacks_rights() const;   ///< some undo was not permitted
};

/// Undoes what an earlier run left, suspended processes first, each record
/// under the record lock. `overdue_only`: a daemon is alive and owns the others;
/// only records more than a second past their deadline are undone.
Result<RecoveryReport> recover(journal::UndoJournal& journal, platform::ProcessControl& control,
                               platform::ProcessTable& table, const BootId& boot, Instant now,
                               const std::string& state_directory, bool overdue_only);

}  // namespace m1opt::act
