#pragma once

#include <map>
#include <string>
#include <vector>

#include "sense/sampler.h"

namespace m1opt::sense {

/// Its runners that are servers of their own: a process that a runner forked, with the same arguments,
/// is not.
std::vector<const WorkloadProcess*> own_servers(const WorkloadSample& workload);

/// What the runners of a workload said of themselves, if it is not older than
/// `limit`. Whether a request runs is known only when every runner has answered.
/// Returns why it is not known; empty when it is, or when there is no runner.
std::string add_slots_of(WorkloadSample& workload,
                         const std::map<ProcessId, RunnerReport>& reports, Duration limit,
                         Instant now);

}  // namespace m1opt::sense
