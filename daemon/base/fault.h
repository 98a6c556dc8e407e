#pragma once

namespace m1opt::base {

/// A place where tests kill or stop this process, to prove that nothing is left
/// behind wherever it dies. In builds with M1OPT_FAULT_POINTS the environment
/// variable M1OPT_FAULT="name=kill" or "name=stop" (SIGSTOP to itself) arms one;
/// other builds contain nothing of it.
#ifdef M1OPT_FAULT_POINTS
void fault_point(const char* name);
#else
inline void fault_point(const char*) {}
#endif

}  // namespace m1opt::base
