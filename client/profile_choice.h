#pragma once

#include <string>

#include "client/context.h"
#include "client/failure.h"

namespace m1opt::client {

/// The choice by the names that it has here; that an older one was meant is said on standard error. Not a choice:
/// kUsage, with the nearest name.
Expected<std::string> take_profile_choice(const Context& context, const std::string& name);

}  // namespace m1opt::client
