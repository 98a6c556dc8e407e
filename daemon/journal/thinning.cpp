#include "journal/thinning.h"

#include <algorithm>

namespace m1opt::journal {

void merge(HistorySpan& into, const HistorySpan& later) {
  const double before = seconds_of(into.span);
  const double more = seconds_of(later.span);
  const double whole = before + more;
  // What took no time counts as much as what took none.
  const double share = whole > 0 ? more / whole : 0.5;
  into.avg += (later.avg - into.avg) * share;
  into.span += later.span;
  into.min = std::min(into.min, later.min);
  into.max = std::max(into.max, later.max);
  // Rounding must not lift the mean of equal readings above all of them.
  into.avg = std::clamp(into.avg, into.min, into.max);
}

std::optional<HistorySpan> Thinner::add(const HistorySpan& span) {
  if (open_ && step_of(open_->at) == step_of(span.at)) {
    merge(*open_, span);
    return std::nullopt;
  }
  return std::exchange(open_, span);
}

std::optional<HistorySpan> Thinner::take() { return std::exchange(open_, std::nullopt); }

}  // namespace m1opt::journal
