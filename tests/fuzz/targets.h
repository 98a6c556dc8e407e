#pragma once

#include <string_view>

/// The functions of the rows in CMakeLists.txt.
namespace m1opt::fuzz {

#define M1OPT_FUZZ_TARGET(name) void name(std::string_view input);
#include "fuzz_targets.inc"
#undef M1OPT_FUZZ_TARGET

}  // namespace m1opt::fuzz
