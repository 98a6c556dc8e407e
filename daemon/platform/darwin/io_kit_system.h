#pragma once

#include <cstdint>
#include <span>

#include "platform/darwin/raw_calls.h"

/// IOKit and CoreFoundation, opened at run time: a symbol that is missing makes
/// the readings that need it unsupported and nothing else.
namespace m1opt::platform::darwin::io_kit {

Result<void> smc_open();
int smc_call(std::span<const std::byte, kSmcBytes> in, std::span<std::byte, kSmcBytes> out);
Result<PowerSources> power_sources();
/// The reading end of a pipe that delivers PowerMessages.
Result<int> open_power_messages();
void allow_power_change(std::int64_t notification);

}  // namespace m1opt::platform::darwin::io_kit
