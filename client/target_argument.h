#pragma once

#include <boost/json.hpp>
#include <string>

#include "client/failure.h"

namespace m1opt::client {

/// NAME as {"name"}, a number as {"pid","start"} of the process that has it now:
/// if the number changes hands on the way, the daemon refuses.
Expected<boost::json::object> parse_target(const std::string& word);

}  // namespace m1opt::client
