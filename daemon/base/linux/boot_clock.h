#pragma once

#include "base/units.h"

namespace m1opt::base {

/// What the time namespace of this process adds to CLOCK_BOOTTIME and to the start times in /proc
/// (time_namespaces(7)); 0 outside of one. It is taken off again, so that a record means the same
/// to a daemon, a guardian or a recovery in whatever namespace it runs.
Duration boot_clock_offset();

/// In the same measure as field 22 of /proc/PID/stat: clock ticks, rounded down.
std::int64_t boot_clock_offset_ticks();

}  // namespace m1opt::base
