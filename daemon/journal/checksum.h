#pragma once

#include <cstdint>
#include <string_view>

namespace m1opt::journal {

/// FNV-1a, 64 bits: finds what a disk or a torn write did, not what an attacker does. Any change
/// within one byte is certain to show: each step maps different states to different ones.
constexpr std::uint64_t checksum(std::string_view text,
                                 std::uint64_t sum = 0xcbf29ce484222325U) {
  for (const char c : text) {
    sum ^= static_cast<unsigned char>(c);
    sum *= 0x100000001b3U;
  }
  return sum;
}

}  // namespace m1opt::journal
