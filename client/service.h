#pragma once

#include "client/arguments.h"
#include "client/context.h"

namespace m1opt::client {

enum class ServiceVerb { start, stop, restart };

/// Through systemd or launchd, whichever runs here; as root. After a start it
/// waits until the daemon listens.
int control_service(Context& context, Arguments& arguments, ServiceVerb verb);

}  // namespace m1opt::client
