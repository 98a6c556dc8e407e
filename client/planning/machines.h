#pragma once

#include <optional>
#include <string>

#include "client/advise/budget.h"
#include "client/failure.h"

namespace m1opt::client::planning {

/// Memory of this machine now: what Metal allows, what is available, what Ollama has loaded, what
/// m1opt's targets hold. Works without the daemon.
advise::Machine this_machine();

/// Another one: "16G" or "16", "macos" or "linux" (macOS when it is not given), a chip like "M1 Pro".
Expected<advise::Machine> other_machine(const std::string& ram, const std::string& system, const std::string& chip);

/// this_machine() when nothing is given.
Expected<advise::Machine> machine_for(const std::string& ram, const std::string& system, const std::string& chip);

}  // namespace m1opt::client::planning
