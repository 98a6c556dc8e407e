#pragma once

#include <string>

#include "decide/tick.h"

/// After several unclean ends in a row the daemon begins nothing: whatever kills it may be what it does.
namespace m1opt::decide {

/// Ends safe mode when its time is over.
void expire_safe_mode(Tick& tick);

/// "m1opt only observes for 8 min more: it ended uncleanly 3 times in 10 min"
std::string safe_mode_text(const Tick& tick);

}  // namespace m1opt::decide
