#pragma once

#include <boost/json.hpp>
#include <vector>

#include "client/doctor.h"

namespace m1opt::client {

/// Whether what runs the models now is held back: in the background, on efficiency cores, napped.
/// From a status document alone; what the daemon does not tell is no finding.
std::vector<Finding> examine_workloads(const boost::json::value& status);

}  // namespace m1opt::client
