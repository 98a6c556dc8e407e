#pragma once

#include "decide/tick.h"

namespace m1opt::decide {

/// Rates are taken over at least this, so that a wake-up 5 ms after a tick does
/// not turn one 10 ms clock step of a counter into 200 % of a core.
constexpr Duration kRateSpan = std::chrono::milliseconds(900);

/// From this share of all cores on, somebody waits for a core.
constexpr double kFullCpu = 90.0;
bool is_cpu_full(const State& state);

/// Rates and shares from this sample and the ones before. A counter that goes
/// backwards, and every counter after a gap, is unknown for this sample.
void update_rates(Tick& tick);

/// What the target wants, percent of one core. Not held: what it takes. In the
/// background: what it takes plus the time it waited for a core or, where that
/// is not counted, at least what it took before unless it sleeps.
/// Suspended: what it wanted before. Otherwise a rule would release its own
/// cure and trip again.
double demand_of(const State& state, ProcessId process);

/// The background hold over the process: its own, or one that took it in as a
/// child. Null when there is none.
const Hold* background_of(const State& state, ProcessId process);

}  // namespace m1opt::decide
