#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/advise/budget.h"
#include "client/advise/speed.h"

namespace m1opt::client::advise {

/// A machine that takes a part of a model.
struct Node {
  std::string name;
  Machine machine;
};

/// The layers of one of them.
struct Share {
  std::size_t node{0};       ///< in the order in which the machines were named
  std::uint64_t layers{0};   ///< the last share's count has the output as one more
  std::uint64_t weights{0};
  std::uint64_t cache{0};
  std::uint64_t besides{0};  ///< compute buffer, Metal context
  std::uint64_t room{0};     ///< for sure

  [[nodiscard]] std::uint64_t bytes() const { return weights + cache + besides; }
};

/// How a model is laid over several machines, layer by layer.
struct Split {
  std::vector<Share> shares;  ///< in the order of llama.cpp's devices: the servers, then the first machine
  bool fits{false};
  std::uint64_t missing{0};   ///< bytes that there is no room for
  /// Carried from one machine to the next and back for each token.
  std::uint64_t bytes_between{0};
};

/// The first node runs llama-server, which keeps the token embedding itself. An error where
/// llama.cpp would not run it like that.
base::Result<Split> split_across(const Shape& shape, const Weights& weights, const Use& use, const std::vector<Node>& nodes);

/// Tokens a second with an empty context: each machine's layers one after the other, and what is
/// carried between them over a link of so many bytes a second. Nothing where a chip is not known.
/// What waiting for each other costs is not in it: an upper bound.
std::optional<double> bound_across(const Split& split, const Weights& weights, const std::vector<Node>& nodes, double link);

}  // namespace m1opt::client::advise
