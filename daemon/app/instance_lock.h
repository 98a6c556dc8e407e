#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace m1opt::app {

using namespace m1opt::base;

/// Held for the daemon's life; `busy` when another daemon has it, or a recovery.
Result<Fd> acquire_instance_lock(const std::string& state_directory);

/// Held while a recovery is at work; `busy` when a daemon is. Other recoveries may hold it too: one
/// that hangs must not keep the next from its work.
Result<Fd> acquire_recovery_lock(const std::string& state_directory);

/// Is this the lock that another daemon on that directory would find? Not once it was removed.
bool is_instance_lock(const Fd& lock, const std::string& state_directory);

}  // namespace m1opt::app
