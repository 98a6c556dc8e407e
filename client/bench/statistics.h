#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What can be said of a few measurements. Pure: the same numbers and seed give the same answer.
namespace m1opt::client::bench {

/// Fewer say nothing of how far they scatter: of three, one time in four an interval of two equal
/// things would not contain "equal".
inline constexpr std::size_t kFewest = 5;

/// Absent of nothing; the mean of the two in the middle of an even number.
std::optional<double> median(std::vector<double> values);

struct Estimate {
  double value{0};
  /// Of the median, 95 %, by the bootstrap (percentiles of 4000 resamples); absent below kFewest.
  std::optional<double> low{};
  std::optional<double> high{};

  bool operator==(const Estimate&) const = default;
};

std::optional<Estimate> estimate_median(const std::vector<double>& values, std::uint64_t seed);

/// How much faster `after` is than `before`: the ratio of their medians less one. Both were measured
/// in pairs, and pairs are resampled, so that what changed for both in the meantime cancels out.
/// Absent when there is no pair or a median is not above 0; surplus values are left out.
std::optional<Estimate> estimate_gain(const std::vector<double>& before,
                                      const std::vector<double>& after, std::uint64_t seed);

/// unknown: there is no interval.
enum class Verdict { faster, slower, no_measurable_gain, unknown };
Verdict judge(const std::optional<Estimate>& gain);

enum class Arm { paused, active };

/// `pairs` of both arms, each pair in an order of its own by chance.
std::vector<Arm> random_order(int pairs, std::uint64_t seed);

}  // namespace m1opt::client::bench
