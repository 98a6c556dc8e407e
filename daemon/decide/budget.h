#pragma once

#include "decide/tick.h"

/// The daemon watches what it takes itself.
namespace m1opt::decide {

/// Judges a fresh reading of its own cost: says once what is beyond the budget, and samples less
/// often when it is the sampling that takes too much.
void judge_own_cost(Tick& tick);

/// sampling.busy_period, longer while the loop is over its budget; never beyond the idle period.
Duration stretched_period(const Tick& tick);

}  // namespace m1opt::decide
