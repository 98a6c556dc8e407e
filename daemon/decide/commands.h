#pragma once

#include "decide/rules.h"
#include "decide/tick.h"

namespace m1opt::decide {

/// How long a pause without a duration lasts.
constexpr Duration kDefaultPause = std::chrono::minutes(30);

/// Carries out what users asked for. A command that needs actions puts its id
/// on them and is answered by app/ from their outcomes, and so is a reload; every
/// other one is answered in Decision::replies. Rights were checked by serve/, but for
/// one: who is no administrator may suspend only processes of his own.
void run_commands(Tick& tick);

/// Ends a pause whose time is over.
void expire_pause(Tick& tick);

/// Drops leases whose process is gone for three samples.
void check_leases(Tick& tick);

}  // namespace m1opt::decide
