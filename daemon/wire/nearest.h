#pragma once

#include <span>
#include <string>
#include <string_view>

namespace m1opt::wire {

/// Single-character edits (a swap of neighbours counts as one) from `a` to `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that somebody who wrote `word` probably meant; empty when none
/// is within a third of its length.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

/// " did you mean \"x\"?" with the leading "; ", or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

}  // namespace m1opt::wire
