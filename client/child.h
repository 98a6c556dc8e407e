#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "client/failure.h"

namespace m1opt::client {

/// Starts a command in the foreground: same terminal, same process group, same
/// files. Failure: exit status 127 when it was not found, 126 when it cannot be
/// executed, as shells have it.
Expected<pid_t> start_child(const std::vector<std::string>& words);

/// Passes signals on and waits. The command's own exit status, or 128 + n when
/// signal n ended it.
int wait_for_child(pid_t child);

}  // namespace m1opt::client
