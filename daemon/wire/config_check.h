#pragma once

#include <span>
#include <vector>

#include "model/config.h"
#include "wire/config_text.h"
#include "wire/decode.h"

namespace m1opt::wire {

/// What the types cannot say: known metrics, exit on the right side of enter,
/// positive durations, unique names, ranges. Every fault, with its path.
std::vector<Fault> check_config(const model::Config& config, std::span<const KnownMetric> metrics);

}  // namespace m1opt::wire
