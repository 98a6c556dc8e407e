#pragma once

#include "client/context.h"

namespace m1opt::client {

/// `m1optctl explain reference`: needs no daemon and no network.
int explain_reference(const Context& context, bool json);

}  // namespace m1opt::client
