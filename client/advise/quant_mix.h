#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/advise/tensor_list.h"

namespace m1opt::client::advise {

/// A model's weights in one of llama.cpp's mixes.
struct Quantised {
  std::uint64_t parameters{0};
  std::uint64_t bytes{0};
  std::uint64_t repacked_bytes{0};
  std::uint64_t input_bytes{0};   ///< the token embedding
  std::uint64_t output_bytes{0};  ///< 0: the token embedding is it
  std::uint64_t bytes_per_token{0};  ///< read for each token generated: only the experts used

  [[nodiscard]] double bits_per_weight() const {
    return parameters == 0 ? 0 : 8.0 * static_cast<double>(bytes) / static_cast<double>(parameters);
  }
};

/// Q2_K to F16, from small to large.
std::vector<std::string_view> mixes();
/// Nothing for the name of no mix. gpt-oss stays in its own MXFP4, with the rest in BF16, whatever is
/// asked: it was trained that way.
std::optional<Quantised> quantise(const KnownModel& model, std::string_view mix);

}  // namespace m1opt::client::advise
