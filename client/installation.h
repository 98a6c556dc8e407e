#pragma once

#include <string>
#include <vector>

#include "client/context.h"

namespace m1opt::client {

/// Where m1optd may be installed, best first: beside this client, then the
/// usual prefixes.
std::vector<std::string> daemon_candidates(const Context& context);
/// The first candidate that can be executed; "" when there is none.
std::string find_daemon(const Context& context);

/// /etc/m1opt/m1opt.json
std::string default_config_path();

}  // namespace m1opt::client
