#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace m1opt::client::mac {

/// The processors that a program is for, from its first bytes: "arm64", "x86_64"; others are named
/// by their number. Empty when it is no 64-bit Mach-O program. (mach-o/loader.h, mach-o/fat.h)
std::vector<std::string> processors_of(std::string_view head);

}  // namespace m1opt::client::mac
