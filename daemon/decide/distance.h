#pragma once

#include <string>

#include "decide/metrics.h"

namespace m1opt::decide {

/// How far a reading is from where its detector changes, and what it takes:
/// "memory used 62 %: 18 points below 80 %; trips after 5 s there".
std::string distance_text(const DetectorState& state, const DetectorConfig& config,
                          const Sample& sample, Instant now);

}  // namespace m1opt::decide
