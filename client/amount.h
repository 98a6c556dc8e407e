#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "client/failure.h"

/// Only the command line takes short forms; the API takes plain numbers.
namespace m1opt::client {

/// 45 or 45s, 30m, 8h, 2d, 1h30m; in seconds, above zero.
Expected<double> parse_duration(std::string_view text);
/// The time so many seconds ago as the API takes it, RFC 3339; not before 1970.
std::string time_before(double seconds);
/// Of --ram, in bytes: 16, 16.5, 16G, 16384M, 1.5T. Powers of 1024, GB and GiB are the same here, and
/// a bare number is GiB; a usage error below 512 MiB and above 1024 TiB.
Expected<std::int64_t> parse_ram(std::string_view word);
/// 10, 2.5; nothing where that is not all of it, or there is a sign.
std::optional<double> parse_decimal(std::string_view word);

}  // namespace m1opt::client
