#include "platform/darwin/darwin.h"
#include "platform/darwin/sysctl.h"

namespace m1opt::platform::darwin {

/// The name is there on Apple silicon only, and 1 only below Rosetta (xnu bsd/kern/kern_sysctl.c).
bool is_translated(RawCalls& calls) {
  const auto translated = read_sysctl_number(calls, "sysctl.proc_translated");
  return translated && *translated == 1;
}

}  // namespace m1opt::platform::darwin
