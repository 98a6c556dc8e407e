#include "platform/platform.h"

namespace m1opt::platform {

bool is_translated() { return false; }

bool is_macos() { return false; }

}  // namespace m1opt::platform
