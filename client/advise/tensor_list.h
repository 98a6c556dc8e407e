#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/advise/catalogue.h"

namespace m1opt::client::advise {

/// What a tensor does, as far as llama.cpp's quantisation tells them apart.
enum class Role { token_embedding, output, attention_q, attention_k, attention_v, attention_qkv, attention_output, ffn_gate, ffn_up, ffn_down, plain };

/// A tensor of a model whose file is not there. `plain` ones are never quantised.
struct PlannedTensor {
  Role role{Role::plain};
  std::size_t layer{0};
  std::uint64_t row{0};       ///< numbers in one of its rows
  std::uint64_t elements{0};
  bool expert{false};         ///< only some of it is used for a token
};

/// All tensors of the model, as its converter writes them.
std::vector<PlannedTensor> tensors_of(const KnownModel& model);

}  // namespace m1opt::client::advise
