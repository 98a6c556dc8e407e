#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "platform/darwin/raw_calls.h"

/// IOKit and CoreFoundation, opened at run time: a symbol that is missing makes
/// the readings that need it unsupported and nothing else.
namespace m1opt::platform::darwin::io_kit {

/// Closed on exec, never blocking, and a write that nobody will read is an
/// error and no signal.
bool make_event_pipe(std::array<int, 2>& ends);

Result<void> smc_open();
int smc_call(std::span<const std::byte, kSmcBytes> in, std::span<std::byte, kSmcBytes> out);
Result<PowerSources> power_sources();
Result<std::uint32_t> create_assertion(const std::string& name, Duration timeout);
Result<void> release_assertion(std::uint32_t id);
Result<bool> has_assertion(std::uint32_t id);
/// The reading end of a pipe that delivers PowerMessages.
Result<int> open_power_messages();
void allow_power_change(std::int64_t notification);

}  // namespace m1opt::platform::darwin::io_kit
