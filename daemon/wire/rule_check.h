#pragma once

#include <span>
#include <vector>

#include "model/config.h"
#include "model/metric.h"
#include "wire/checker.h"

namespace m1opt::wire {

/// Every way in which a rule could be read and still never act, never end, or mean something else.
void check_rules(const Checker& list, const std::vector<model::RuleConfig>& rules,
                 const std::vector<model::TargetConfig>& targets,
                 std::span<const model::KnownMetric> metrics);

}  // namespace m1opt::wire
