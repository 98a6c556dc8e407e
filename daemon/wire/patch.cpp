#include "wire/patch.h"

namespace m1opt::wire {

namespace {

constexpr base::Duration kLongest = std::chrono::seconds(1'000'000'000);

/// Any share, temperature or number of seconds that a reading may have lies far below.
constexpr double kLargest = 1e9;

std::optional<double> part_of(DecodeState& state, const boost::json::value& value) {
  const auto number = state.number(value);
  if (!number || std::abs(*number) <= kLargest) return number;
  state.fault("is too large a number to be added");
  return std::nullopt;
}

}  // namespace

namespace detail {

std::optional<std::size_t> index_of(std::string_view key) {
  std::size_t index = 0;
  const char* end = key.data() + key.size();
  const auto [stop, code] = std::from_chars(key.data(), end, index);
  if (code != std::errc{} || stop != end) return std::nullopt;
  return index;
}

}  // namespace detail

void add_whole(DecodeState& state, const boost::json::value& value, base::Bytes& into) {
  const auto part = state.whole(value, std::numeric_limits<std::int64_t>::min(),
                                std::numeric_limits<std::int64_t>::max());
  if (!part) return;
  std::int64_t sum = 0;
  if (__builtin_add_overflow(into.value(), *part, &sum)) {
    state.fault("the sum is too large");
  } else {
    into = base::Bytes{sum};
  }
}

void add_fraction(DecodeState& state, const boost::json::value& value, base::Percent& into) {
  const auto part = part_of(state, value);
  if (!part) return;
  const double sum = into.value() + *part;
  if (std::abs(sum) > kLargest) {
    state.fault("the sum is too large");
  } else {
    into = base::Percent{sum};
  }
}

void add_fraction(DecodeState& state, const boost::json::value& value, base::Duration& into) {
  const auto part = part_of(state, value);
  if (!part) return;
  const base::Duration sum = into + base::Duration(std::llround(*part * 1e9));
  if (sum < base::Duration{} || sum > kLongest) {
    state.fault("the sum is out of range");
  } else {
    into = sum;
  }
}

void add_fraction(DecodeState& state, const boost::json::value& value, base::MilliCelsius& into) {
  const auto part = part_of(state, value);
  if (!part) return;
  const base::MilliCelsius sum{into.value() + std::llround(*part * 1000.0)};
  if (std::abs(static_cast<double>(sum.value())) > kLargest) {
    state.fault("the sum is too large");
  } else {
    into = sum;
  }
}

}  // namespace m1opt::wire
