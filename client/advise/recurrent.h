#pragma once

#include <string_view>
#include <vector>

#include "client/advise/gguf/header.h"

namespace m1opt::client::advise {

/// Widths of a model are below this, or it is absurd.
inline constexpr std::uint64_t kWidest = 1U << 20U;

/// The layers of a recurrent or hybrid model.
struct Recurrent {
  std::uint64_t bytes{0};     ///< that a recurrent layer keeps for a slot; 0: there is none
  std::vector<bool> layers;   ///< which are
  bool attention_too{false};  ///< each of them also keeps tokens
  bool known{true};           ///< false: it has some whose size is not known here
};

/// `kv_heads` of each layer: in most hybrids those with 0 are the recurrent ones.
Recurrent recurrent_of(std::string_view architecture, const gguf::Metadata& metadata,
                       const std::vector<std::uint64_t>& kv_heads);

}  // namespace m1opt::client::advise
