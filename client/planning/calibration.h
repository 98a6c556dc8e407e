#pragma once

#include <optional>
#include <string>

#include "client/advise/speed.h"

namespace m1opt::client::planning {

/// How fast this machine's memory feeds a model, by the benches that were kept of it (m1optctl
/// bench); absent without one of a model that is still here.
std::optional<advise::Bandwidth> measured_bandwidth(const std::string& chip);

/// That if there is one, else what is known of the chip.
std::optional<advise::Bandwidth> bandwidth_for(const std::string& chip, bool this_machine);

}  // namespace m1opt::client::planning
