#include "base/fault.h"

#ifdef M1OPT_FAULT_POINTS

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace m1opt::base {

void fault_point(const char* name) {
  const char* armed = std::getenv("M1OPT_FAULT");
  if (armed == nullptr) return;
  const std::string wish(armed);
  if (wish == std::string(name) + "=kill") ::kill(::getpid(), SIGKILL);
  if (wish == std::string(name) + "=stop") ::kill(::getpid(), SIGSTOP);
}

}  // namespace m1opt::base

#endif
