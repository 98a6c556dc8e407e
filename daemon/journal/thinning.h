#pragma once

#include <optional>
#include <vector>

#include "model/history.h"

namespace m1opt::journal {

using namespace m1opt::base;
using namespace m1opt::model;

/// `later` becomes part of `into`: no extreme is lost, and the mean is that over the time.
void merge(HistorySpan& into, const HistorySpan& later);

/// Makes of spans, given in order, one for each step of the clock in which any
/// began. Where there is none, there is none: a gap stays a gap.
class Thinner {
 public:
  explicit Thinner(Duration step) : step_(step) {}

  /// The span that is finished by this one, which belongs to a later step.
  std::optional<HistorySpan> add(const HistorySpan& span);
  /// What is not finished yet.
  std::optional<HistorySpan> take();

 private:
  [[nodiscard]] std::int64_t step_of(HistoryTime at) const { return at / step_; }

  Duration step_;
  std::optional<HistorySpan> open_;
};

}  // namespace m1opt::journal
