#pragma once

#include <optional>

#include "decide/tick.h"

/// The opt-in scheduling tiers of a workload's processes. They cannot be taken
/// back, so each process is asked for once, and only while it is raised.
namespace m1opt::decide {

void absorb_tier_outcomes(Tick& tick);
void ask_for_tiers(Tick& tick);

/// Absent when nothing was asked for this process.
std::optional<TierStatus> tier_status(const Tick& tick, ProcessId process);

}  // namespace m1opt::decide
