#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/tick_observer.h"

namespace m1opt::app {

/// What is kept of every tick: the metrics that rules may compare, and more.
const std::vector<std::string>& history_metrics();

/// One for each of history_metrics(), in its order; absent when it is not known.
std::vector<std::optional<double>> read_history_metrics(const TickRecord& tick);

}  // namespace m1opt::app
