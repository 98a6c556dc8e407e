#pragma once

#include "decide/state.h"

namespace m1opt::decide {

/// Looks at the slots of a new answer; null: the workload is gone. A request
/// that runs in two answers in a row gives the rate between them.
void update_generation(GenerationMemory& memory, const WorkloadSample* sample, Instant now);

/// How far the rate is below the best of late of as many requests on the same runners, percent of it; absent while none
/// is known, and while other requests began, ended or were at their prompt.
std::optional<double> generation_drop(const GenerationMemory& memory);

}  // namespace m1opt::decide
