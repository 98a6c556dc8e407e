#pragma once

#include "settings/setting.h"

namespace m1opt::settings {

/// Whose rows this program sets. Only builds with fault points look at M1OPT_SETTINGS_SYSTEM, by which a
/// test has the other one's, against stand-ins.
System own_system();

}  // namespace m1opt::settings
