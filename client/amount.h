#pragma once

#include <cstdint>
#include <string_view>

#include "client/failure.h"

/// Only the command line takes short forms; the API takes plain numbers.
namespace m1opt::client {

/// 45 or 45s, 30m, 8h, 2d, 1h30m; in seconds, above zero.
Expected<double> parse_duration(std::string_view text);
/// 512, 512K, 300M, 16G, 1T: powers of 1024; GB and GiB are the same here.
Expected<std::int64_t> parse_size(std::string_view text);

}  // namespace m1opt::client
