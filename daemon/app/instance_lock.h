#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace m1opt::app {

using namespace m1opt::base;

/// Held for the daemon's life; `busy` when another daemon has it.
Result<Fd> acquire_instance_lock(const std::string& state_directory);

/// Is this the lock that another daemon on that directory would find? Not once it was removed.
bool is_instance_lock(const Fd& lock, const std::string& state_directory);

}  // namespace m1opt::app
