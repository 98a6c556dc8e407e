#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/advise/catalogue.h"
#include "client/advise/judgement.h"

namespace m1opt::client::advise {

/// A model that fits, in the finest mix that still leaves room for a context to work with.
struct Choice {
  const KnownModel* model{nullptr};
  std::string mix;
  Weights weights;
  std::uint64_t context_f16{0};   ///< largest that fits for sure
  std::uint64_t context_q8_0{0};
};

/// A context to work with.
inline constexpr std::uint64_t kWorkingContext = 8192;

/// Models for that use ("" is any), those with most parameters first. In each of them at least
/// kWorkingContext tokens, or all that it was trained with, fit whatever Metal's limit is.
std::vector<Choice> choices_for(const Machine& machine, std::string_view use);

/// A model of a list that is passed on for machines with so much RAM, and what it comes to here.
struct Named {
  const KnownModel* model{nullptr};
  std::string mix;
  double claimed_gb{0};
  Weights weights;
  Judgement verdict;  ///< with kWorkingContext
};
/// For the list of the largest size that is not above the machine's; empty when its RAM is unknown.
std::vector<Named> commonly_named(const Machine& machine);

/// Words of KnownModel::use that exist.
std::vector<std::string> uses();

/// Its weights in that mix.
Weights weights_of(const KnownModel& model, std::string_view mix);

}  // namespace m1opt::client::advise
