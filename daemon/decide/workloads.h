#pragma once

#include "decide/tick.h"

namespace m1opt::decide {

/// Absent, resident or busy, for every workload of the sample. Busy: leased, a
/// request runs, an expiry in /api/ps moved, or the tree takes 5 % of a core or
/// more over 5 s. The signs are edges and samples, so busy lasts 10 s beyond
/// the last one. Resident: a runner process exists or a model is loaded.
void update_workloads(Tick& tick);

/// Is there one whose CPU has not been watched for long enough to tell?
bool is_any_unjudged(const Tick& tick);

/// Has it not been busy for limits.quiet?
bool is_quiet(const Tick& tick, const WorkloadMemory& memory);

/// The workload that is busy, or was last within limits.quiet, as a sentence; empty when all are quiet.
std::string find_work(const Tick& tick);

}  // namespace m1opt::decide
