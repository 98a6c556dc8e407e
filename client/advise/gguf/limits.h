#pragma once

#include <cstddef>
#include <cstdint>

/// What a header may take. Files come from anywhere: no count in one of them is believed before
/// what it counts could be there.
namespace m1opt::client::advise::gguf {

inline constexpr std::uint64_t kHeaderBudget = 256ULL << 20U;
inline constexpr std::size_t kPiece = 64U << 10U;  ///< read at once
inline constexpr std::uint64_t kMostKeys = 64U << 10U;
inline constexpr std::uint64_t kMostTensors = 1U << 20U;
inline constexpr std::uint64_t kLongestKey = 65535;
inline constexpr std::uint64_t kLongestText = 16U << 20U;
inline constexpr std::uint64_t kKeptText = 4096;
inline constexpr std::uint64_t kKeptMembers = 1024;
inline constexpr std::uint64_t kMostMembers = 64U << 20U;
inline constexpr std::uint64_t kLongestName = 63;
inline constexpr std::uint32_t kMostDims = 4;
inline constexpr std::uint64_t kMostFiles = 999;  ///< of one split model

}  // namespace m1opt::client::advise::gguf
