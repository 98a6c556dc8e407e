#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "model/config.h"
#include "wire/decode.h"

namespace m1opt::wire {

/// What the types cannot say: known metrics, exit not above enter, positive
/// durations, unique names, ranges. Every fault, with its path.
std::vector<Fault> check_config(const model::Config& config,
                                std::span<const std::string_view> metrics);

}  // namespace m1opt::wire
