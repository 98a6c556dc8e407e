#pragma once

#include "platform/darwin/raw_calls.h"

namespace m1opt::platform::darwin {

/// The machine itself.
RawCalls& system_calls();

}  // namespace m1opt::platform::darwin
