#pragma once

#include <vector>

#include "client/advise/budget.h"
#include "model/config.h"
#include "platform/platform.h"

namespace m1opt::client::planning {

/// What the processes hold that a daemon with this configuration may suspend, by the rows' names.
/// As there the executable's path counts and no name that a process gives itself; a row's bare name,
/// for which the daemon asks who owns the process, counts for nothing here. Stopped ones are left out.
std::vector<advise::Holder> held_by_targets(const model::Config& config, platform::ProcessTable& table);

}  // namespace m1opt::client::planning
