#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/advise/kv_cache.h"
#include "client/advise/shape.h"

namespace m1opt::client::advise {

/// A model as far as its memory and speed are asked for.
struct Weights {
  std::uint64_t bytes{0};
  std::uint64_t parameters{0};
  std::uint64_t bytes_per_token{0};  ///< read for each token generated
  std::uint64_t repacked_bytes{0};   ///< of types that a CPU's kernels want in another order
  std::uint64_t input_bytes{0};      ///< of `bytes`: the token embedding
  std::uint64_t output_bytes{0};     ///< of `bytes`: the output, unless the embedding is used for it
  std::uint64_t projector_bytes{0};  ///< what turns images into tokens
  std::uint64_t adapter_bytes{0};
  std::size_t tensors{0};            ///< 0: there is no file, the size follows from the shape

  [[nodiscard]] double bits_per_weight() const {
    return parameters == 0 ? 0 : 8.0 * static_cast<double>(bytes) / static_cast<double>(parameters);
  }
};

/// Where it is to run, as far as that makes a difference.
enum class System { macos, linux_cpu };

enum class Certainty {
  exact,
  estimate,
  limit  ///< grows up to that while it is used; not taken at the start
};

/// A part of what a model takes, and how it is reckoned.
struct Term {
  std::string id;    ///< stable, for scripts
  std::string name;
  std::uint64_t bytes{0};
  Certainty certainty{Certainty::exact};
  std::string formula;
};

/// Old prompts that llama-server keeps in RAM besides, unless told otherwise.
inline constexpr std::uint64_t kPromptCache = 8ULL << 30U;

struct Footprint {
  std::vector<Term> terms;

  /// Taken once it is loaded, without what only grows later.
  [[nodiscard]] std::uint64_t loaded() const;
  [[nodiscard]] std::uint64_t later() const;
  [[nodiscard]] const Term* find(std::string_view id) const;
};

/// An error where llama.cpp would not run it like that.
base::Result<Footprint> footprint_of(const Shape& shape, const Weights& weights, const Use& use, System system);

}  // namespace m1opt::client::advise
