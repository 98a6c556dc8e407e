#pragma once

#include <string_view>

namespace m1opt::wire {

/// The shipped configuration, config/m1opt.json, compiled in: a daemon without a
/// file and `m1optctl config default` need none.
extern const std::string_view kDefaultConfig;

}  // namespace m1opt::wire
