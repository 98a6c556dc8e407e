#include "settings/own_system.h"

#include <cstdlib>

#include "platform/platform.h"

namespace m1opt::settings {

System own_system() {
#ifdef M1OPT_FAULT_POINTS
  if (const char* wish = std::getenv("M1OPT_SETTINGS_SYSTEM")) {
    if (const auto system = system_of(wish)) return *system;
  }
#endif
  return platform::is_macos() ? System::macos : System::linux;
}

}  // namespace m1opt::settings
