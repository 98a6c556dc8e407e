#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/advise/kv_cache.h"

namespace m1opt::client::advise {

/// How fast a machine's memory feeds a model that generates, in bytes a second.
struct Bandwidth {
  std::optional<double> memory;  ///< of the memory itself: nothing is faster; absent: not known
  double low{0};                 ///< that generating is known to reach
  double high{0};
  std::string source;
  std::string doubt{};           ///< "" or what is not certain
};

/// Of a chip by the name that the system has for it; nothing when it is not known.
std::optional<Bandwidth> bandwidth_of(std::string_view chip);

/// What a model was once fed with, by a bench that was not slowed down by heat.
struct Measured {
  double bytes_per_token{0};
  double tokens_per_s{0};
};
/// By those benches whose model reads about as much for a token, a quarter to four times: what a much
/// smaller one reaches is bound by other work. What no bench is of is left to what the chip is known for.
std::optional<Bandwidth> calibrated(const std::optional<Bandwidth>& of_chip, const std::vector<Measured>& benches, std::uint64_t read);

/// Tokens a second, between two values.
struct Speed {
  double low{0};
  double high{0};
  std::optional<double> bound{};  ///< what the memory's bandwidth allows at the most; absent: not known
};

/// `read` bytes are read for each token, besides `cached` of its context.
Speed speed_of(const Bandwidth& bandwidth, std::uint64_t read, std::uint64_t cached);

}  // namespace m1opt::client::advise
