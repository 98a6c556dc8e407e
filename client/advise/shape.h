#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "client/advise/gguf/header.h"

namespace m1opt::client::advise {

/// What a layer keeps of the tokens it has seen.
struct Layer {
  std::uint64_t kv_heads{0};      ///< 0: nothing for each token
  std::uint64_t key_length{0};
  std::uint64_t value_length{0};  ///< 0 where only keys are kept (latent attention)
  bool windowed{false};           ///< only the last tokens
  std::uint64_t recurrent_bytes{0};  ///< of one slot, whatever the context

  /// Numbers that it keeps for one token.
  [[nodiscard]] std::uint64_t row() const { return kv_heads * (key_length + value_length); }
};

/// As much of a model's shape as its memory and speed depend on.
struct Shape {
  std::string architecture;
  std::uint64_t embedding{0};
  std::uint64_t heads{0};         ///< the most of any layer
  std::uint64_t feed_forward{0};  ///< the most that any layer has at once, of all experts used
  std::uint64_t vocabulary{0};
  std::uint64_t context_length{0};  ///< that it was trained with; 0: unknown
  std::uint64_t window{0};
  std::uint64_t experts{0};
  std::uint64_t experts_used{0};
  std::vector<Layer> layers;
  /// What of this llama.cpp reckons in another way, or is not known here; for people.
  std::vector<std::string> doubts;
};

/// The shape that llama.cpp reads out of a file's metadata. An error where a number is missing
/// without which it would not load, or one is absurd.
base::Result<Shape> shape_of(const gguf::Metadata& metadata);

}  // namespace m1opt::client::advise
