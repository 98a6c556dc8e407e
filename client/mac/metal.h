#pragma once

#include <cstdint>
#include <optional>

/// CMake picks metal_darwin.cpp or metal_elsewhere.cpp.
namespace m1opt::client::mac {

/// recommendedMaxWorkingSetSize of the default GPU, which follows iogpu.wired_limit_mb; absent where
/// there is no Metal, or no GPU for this process.
std::optional<std::uint64_t> recommended_working_set();

}  // namespace m1opt::client::mac
