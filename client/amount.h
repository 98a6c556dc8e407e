#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "client/failure.h"

/// Only the command line takes short forms; the API takes plain numbers.
namespace m1opt::client {

/// 45 or 45s, 30m, 8h, 2d, 1h30m; in seconds, above zero.
Expected<double> parse_duration(std::string_view text);
/// The time so many seconds ago as the API takes it, RFC 3339; not before 1970.
std::string time_before(double seconds);
/// 512, 512K, 300M, 16G, 1T: powers of 1024; GB and GiB are the same here.
Expected<std::int64_t> parse_size(std::string_view text);

}  // namespace m1opt::client
