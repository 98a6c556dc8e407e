#pragma once

#include <optional>
#include <string>

#include "serve/call.h"

namespace m1opt::serve {

/// 404 with the nearest name, unless `name` is a row of the targets table.
std::optional<wire::ProblemDocument> check_target_name(const Call& call, const std::string& name);

/// The row that this process matches now, null when none.
const TargetStatus* find_target_of(const Snapshot& snapshot, ProcessId process);

/// 404 when the process is gone, 403 when it is not the caller's. Root's own are
/// root's; being root is no right over others here.
std::optional<wire::ProblemDocument> check_owner(const Call& call, ProcessId process);

}  // namespace m1opt::serve
