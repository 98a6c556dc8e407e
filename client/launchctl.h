#pragma once

#include <string>
#include <vector>

#include "client/service.h"

/// The calls of launchctl(1) that start and stop the daemon. Never run on a Mac.
namespace m1opt::client {

inline constexpr const char* kLaunchctl = "/bin/launchctl";

/// Succeeds when the daemon's job is loaded; what it prints is no interface.
std::vector<std::string> is_loaded_words();

/// The command lines, one after the other. A job that stayed down is still loaded: that one is kicked, an absent one
/// loaded. A restart unloads and loads: `kickstart -k` may kill, and a daemon that was killed three times in ten minutes
/// only observes.
std::vector<std::vector<std::string>> launchctl_words(ServiceVerb verb, bool loaded);

/// Is this the answer to loading a job whose end is still under way? (5 input/output error, 37
/// already in progress)
bool is_still_ending(const std::vector<std::string>& words, int status);

}  // namespace m1opt::client
