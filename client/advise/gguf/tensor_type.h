#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace m1opt::client::advise::gguf {

/// How ggml packs numbers: `block` of them in `bytes`.
struct TensorType {
  std::uint32_t id;
  const char* name;
  std::uint32_t block;
  std::uint32_t bytes;

  [[nodiscard]] constexpr double bits_per_weight() const { return 8.0 * bytes / block; }
};

/// All that files may have, by rising id.
std::span<const TensorType> tensor_types();
/// Null for a number that is none, or none any more.
const TensorType* find_tensor_type(std::uint32_t id);
/// By name, in either case of letters; null when there is none.
const TensorType* find_tensor_type(std::string_view name);

/// Bytes of so many numbers; nothing when they do not fill blocks, or too many for 63 bits.
std::optional<std::uint64_t> packed_bytes(const TensorType& type, std::uint64_t count);

/// Are matrices of this type copied into another order when they are used on a CPU? So it is with
/// AVX2 as with NEON; some CPUs do it with further types.
bool is_repacked_on_cpus(const TensorType& type);

/// What `general.file_type` says, "Q4_K_M"; empty for a number that is not known.
std::string_view file_type_name(std::uint64_t file_type);

}  // namespace m1opt::client::advise::gguf
