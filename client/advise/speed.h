#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/advise/kv_cache.h"

namespace m1opt::client::advise {

/// How fast a machine's memory feeds a model that generates.
struct Bandwidth {
  double bytes_per_s{0};    ///< of the memory itself: nothing is faster
  double reached_low{0};    ///< share of it that generating is known to reach
  double reached_high{0};
  std::string source;
  std::string doubt;        ///< "" or what is not certain
};

/// Of a chip by the name that the system has for it; nothing when it is not known.
std::optional<Bandwidth> bandwidth_of(std::string_view chip);

/// Tokens a second, between two values.
struct Speed {
  double low{0};
  double high{0};
  double bound{0};  ///< what the memory's bandwidth allows at the most
};

/// `read` bytes are read for each token, besides `cached` of its context.
Speed speed_of(const Bandwidth& bandwidth, std::uint64_t read, std::uint64_t cached);

}  // namespace m1opt::client::advise
