#include "client/advise/text.h"

#include <fmt/format.h>

namespace m1opt::client::advise {
namespace {

double gibibytes(std::uint64_t bytes) { return static_cast<double>(bytes) / (1ULL << 30U); }

}  // namespace

std::string gib_text(std::uint64_t bytes) { return fmt::format("{:.2f} GiB", gibibytes(bytes)); }

std::string gib_text(const Range& range) {
  if (range.low == range.high) return gib_text(range.low);
  return fmt::format("{:.2f} to {}", gibibytes(range.low), gib_text(range.high));
}

}  // namespace m1opt::client::advise
