#pragma once

#include <boost/json/value.hpp>
#include <vector>

#include "client/doctor.h"

namespace m1opt::client {

/// Who controls the fans, by the daemon's own reading. Where it knows, what was
/// found about installed helpers becomes evidence instead of a finding of its own.
void judge_fans(const boost::json::value& status, std::vector<Finding>& findings);

}  // namespace m1opt::client
