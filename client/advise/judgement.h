#pragma once

#include <string>

#include "client/advise/budget.h"

namespace m1opt::client::advise {

enum class Fit { fits, fits_after_suspending, fits_with_cache_type, fits_with_context, fits_not, unknown };
/// "fits", "fits_with_context": the word of --json.
const char* word_of(Fit fit);

/// What the numbers come to. `use` is how it fits, where that is not how it was asked for.
struct Judgement {
  Fit fit{Fit::unknown};
  bool certain{true};    ///< false: it depends on what `doubt` says
  std::string sentence;
  Use use;
  std::string doubt{};   ///< "if this macOS allows the upper end of that range"; "" when certain
};

Judgement judge(const Shape& shape, const Weights& weights, const Use& use, const Machine& machine);

/// The largest context, a multiple of 256 up to what it was trained with, that fits with this cache
/// type; 0 when none does.
std::uint64_t largest_context(const Shape& shape, const Weights& weights, const Use& use, const Machine& machine);

}  // namespace m1opt::client::advise
