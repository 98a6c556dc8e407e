#include "platform/darwin/darwin.h"
#include "platform/darwin/raw_calls_system.h"

namespace m1opt::platform {

bool is_translated() { return darwin::is_translated(darwin::system_calls()); }

bool is_macos() { return true; }

}  // namespace m1opt::platform
