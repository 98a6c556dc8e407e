#pragma once

#include <optional>

/// What only the system itself can tell; CMake picks system_darwin.cpp or system_elsewhere.cpp.
namespace m1opt::client::mac {

/// Is this program built for macOS?
bool is_mac();
/// hw.optional.arm64; absent when the system does not tell.
std::optional<bool> is_apple_silicon();
/// sysctl.proc_translated: does this program run under Rosetta?
std::optional<bool> is_translated();

}  // namespace m1opt::client::mac
