#pragma once

#include <string>

#include "settings/tools.h"

namespace m1opt::settings {

/// The database into which dconf writes what this user sets, as the line of a profile that names it:
/// "user-db:user". Looked for where dconf does: DCONF_PROFILE, the profile of the session, the one named
/// "user" of the system, else that line. Error: that profile lets the user set nothing, cannot be read, or
/// is one that no other can stand in for.
Result<std::string> user_database(const Tools& tools);

}  // namespace m1opt::settings
