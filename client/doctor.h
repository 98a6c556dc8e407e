#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "client/context.h"

namespace m1opt::client {

enum class FindingResult { pass, fail, skipped };

struct Finding {
  std::string id;  ///< stable, for scripts: "daemon.running"
  std::string group;
  FindingResult result{};
  std::string finding;
  std::string evidence;
  std::string fix;  ///< empty when there is nothing to mend
};

/// 5 when one of them failed, as every verb has it that checks something.
int exit_status_of(const std::vector<Finding>& findings);

/// Everything that can be checked from here, with the daemon or without it.
std::vector<Finding> examine(const Context& context);

/// What a status document alone tells.
std::vector<Finding> examine_status(const boost::json::value& status);
std::vector<Finding> examine_self_test(const boost::json::value& self_test);

}  // namespace m1opt::client
