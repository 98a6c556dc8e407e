#pragma once

#include "client/api.h"

namespace m1opt::client {

/// Sends what a verb asks the daemon to change; with --dry-run only asks what
/// would change. Prints the reply, or with `json` the document as it is; returns
/// the exit status.
int change(const Context& context, const std::string& target, const boost::json::object& body,
           const std::string& method = "POST", bool json = false);

}  // namespace m1opt::client
