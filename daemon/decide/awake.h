#pragma once

#include "decide/tick.h"

namespace m1opt::decide {

/// Wanted while a workload is busy or was within limits.quiet, m1opt is not
/// paused, and the machine runs on mains or the config allows the battery.
/// A power source that is unknown counts as the battery where a battery tells
/// its charge, else as mains: a desktop has nothing that could tell.
AwakeWish wish_awake(const Tick& tick);

}  // namespace m1opt::decide
