#pragma once

#include <string>
#include <vector>

#include "decide/tick.h"

namespace m1opt::decide {

/// The raise over a process: its own, or one that took it in as a child; null when there is none.
Hold* raise_of(State& state, ProcessId process);
const Hold* raise_of(const State& state, ProcessId process);

/// Raises every member that may be raised of each busy workload that has a
/// runner or a lease, all at once: they are the machine's purpose now.
void begin_raises(Tick& tick);

std::vector<WorkloadStatus> workload_statuses(const Tick& tick);

}  // namespace m1opt::decide
