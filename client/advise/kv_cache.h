#pragma once

#include <cstdint>

#include "client/advise/gguf/tensor_type.h"
#include "client/advise/shape.h"

namespace m1opt::client::advise {

/// How a model is to be run.
struct Use {
  std::uint64_t context{4096};  ///< tokens of each slot
  std::uint64_t parallel{1};    ///< slots, each with a context of its own
  std::uint64_t batch{0};       ///< tokens worked on at once (-ub); 0: as Ollama chooses
  const gguf::TensorType* cache_type{gguf::find_tensor_type("F16")};
  bool flash_attention{true};
};

inline constexpr std::uint64_t kLongestUse = 1U << 24U;
inline constexpr std::uint64_t kMostSlots = 64;
inline constexpr std::uint64_t kLongestBatch = 1U << 16U;

/// The batch; where none is set what Ollama from 0.30 on takes for that context.
std::uint64_t batch_of(const Use& use);
/// The types that llama-server takes for the cache; null when it is none of them.
const gguf::TensorType* find_cache_type(std::string_view name);

/// What a model keeps of the tokens it has seen, for all slots together.
struct KvCache {
  std::uint64_t full_layers{0};
  std::uint64_t full_cells{0};      ///< of all slots
  std::uint64_t full_bytes{0};
  std::uint64_t windowed_layers{0};
  std::uint64_t windowed_cells{0};  ///< of all slots
  std::uint64_t windowed_bytes{0};
  std::uint64_t recurrent_layers{0};
  std::uint64_t recurrent_bytes{0};

  [[nodiscard]] std::uint64_t bytes() const { return full_bytes + windowed_bytes + recurrent_bytes; }
};

/// Exactly what llama.cpp allocates. An error where it would refuse the cache type.
base::Result<KvCache> kv_cache_of(const Shape& shape, const Use& use);

/// Tokens of one slot as llama.cpp rounds them: up to a multiple of 256.
std::uint64_t cells_of_slot(const Use& use);

}  // namespace m1opt::client::advise
