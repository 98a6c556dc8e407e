#pragma once

#include <vector>

#include "model/config.h"
#include "wire/documents.h"

namespace m1opt::wire {

/// Each key whose value differs, as "limits.max_suspended" or
/// "rules[contention].any[0].all[0].hold_s"; a row of only one side is one change.
std::vector<CommandChange> find_changes(const model::Config& before, const model::Config& after);

}  // namespace m1opt::wire
