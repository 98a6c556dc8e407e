#pragma once

#include <cstdint>

#include "base/result.h"
#include "base/units.h"

/// How far the GPU's wired limit (iogpu.wired_limit_mb) may be raised.
namespace m1opt::settings {

using namespace m1opt::base;

/// In MiB. RAM less the greater of 8 GiB and a quarter of it: what Metal has wired cannot be swapped,
/// and a Mac that runs out of the rest panics. `unsupported` where that is no more than the system
/// gives by itself, with the reason.
Result<std::int64_t> wired_limit_mib(Bytes ram);

}  // namespace m1opt::settings
