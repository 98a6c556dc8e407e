#pragma once

#include <string>

#include "app/options.h"
#include "base/result.h"

namespace m1opt::app {

using namespace m1opt::base;

/// The guardian's own, beside the daemon's: two processes that rotate one file
/// would take each other's lines away. "-" stays "-".
std::string guardian_log_file(const std::string& log_file);

/// Makes the log's directory, looks whether it can be trusted, and starts the log.
Result<void> prepare_log(const Options& options);

/// The same for the directories of state and socket, and for what the former
/// holds already. Nobody else may enter the state's.
Result<void> prepare_places(const Options& options);

}  // namespace m1opt::app
