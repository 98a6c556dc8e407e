#pragma once

#include <limits>
#include <string_view>

namespace m1opt::model {

/// What a configuration may say about a metric.
struct KnownMetric {
  std::string_view name;
  bool trips_low{false};  ///< a detector trips when there is little of it
  double highest{std::numeric_limits<double>::infinity()};  ///< no reading is above; none is below 0
  bool bytes_per_second{false};
};

}  // namespace m1opt::model
