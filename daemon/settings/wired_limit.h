#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "base/units.h"

/// How far the GPU's wired limit (iogpu.wired_limit_mb) may be raised.
namespace m1opt::settings {

using namespace m1opt::base;

/// In MiB. RAM less the greater of 8 GiB and a quarter of it: what Metal has wired cannot be swapped,
/// and a Mac that runs out of the rest panics. `given` is what Metal gives now, absent when it does not
/// tell: the share that the system gives by itself differs by RAM and by version, from 67 to 84 % were
/// seen, and a limit below it takes memory from the GPU. `unsupported`, with the reason, where this
/// would not be known to be more.
Result<std::int64_t> wired_limit_mib(Bytes ram, std::optional<Bytes> given);

}  // namespace m1opt::settings
