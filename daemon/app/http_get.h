#pragma once

#include <string>

#include "base/result.h"
#include "base/units.h"
#include "ollama/requests.h"

namespace m1opt::app {

using namespace m1opt::base;

/// The body of the answer to one request over plain HTTP to a loopback address,
/// at most 1 MiB, within `patience` in all. A status other than 200 is `io`.
Result<std::string> http_ask(const std::string& host, int port, const ollama::Request& request,
                             Duration patience);
Result<std::string> http_get(const std::string& host, int port, const std::string& target,
                             Duration patience);

}  // namespace m1opt::app
