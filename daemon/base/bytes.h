#pragma once

#include <cstdint>

namespace m1opt::base {

/// The number in at most 8 bytes (a string, an array, a span of them), most significant first.
template <class Bytes>
constexpr std::uint64_t big_endian(const Bytes& bytes) {
  std::uint64_t value = 0;
  for (const auto byte : bytes) value = value << 8U | static_cast<unsigned char>(byte);
  return value;
}

/// The same, least significant first.
template <class Bytes>
constexpr std::uint64_t little_endian(const Bytes& bytes) {
  std::uint64_t value = 0;
  unsigned shift = 0;
  for (const auto byte : bytes) {
    value |= std::uint64_t{static_cast<unsigned char>(byte)} << shift;
    shift += 8;
  }
  return value;
}

}  // namespace m1opt::base
