#pragma once

#ifdef M1OPT_FAULT_POINTS
#include <functional>
#endif

namespace m1opt::base {

/// A place where tests kill, stop or hold up this process, to prove that nothing
/// is left behind wherever it dies and that nobody else is touched however long it
/// takes. Only builds with M1OPT_FAULT_POINTS contain any of it.
///
/// M1OPT_FAULT arms them: "[ROLE:]POINT[#N]=HOW", more than one with commas. ROLE
/// is daemon, guardian or recovery (any, if left out), N the how manyth time it is
/// reached there (each, if left out), HOW one of kill, stop (SIGSTOP to itself) and
/// pause (until the file $M1OPT_FAULT_LOG.go is there).
/// M1OPT_FAULT_LOG names a file that gets a line "ROLE POINT N PID" at each point.
#ifdef M1OPT_FAULT_POINTS
void fault_point(const char* name);
/// Who this process is; without it: daemon.
void fault_role(const char* role);
/// Called at each point of this process, before what the environment asks for.
void fault_hook(std::function<void(const char* name)> hook);
#else
inline void fault_point(const char*) {}
inline void fault_role(const char*) {}
#endif

}  // namespace m1opt::base
