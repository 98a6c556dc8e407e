#include "client/bench/statistics.h"

#include <algorithm>
#include <functional>
#include <random>

namespace m1opt::client::bench {
namespace {

constexpr std::size_t kResamples = 4000;

/// The distributions of the standard library differ from one to the other.
std::size_t below(std::mt19937_64& chance, std::size_t limit) { return chance() % limit; }

/// Sets the interval of `estimate` from what `statistic` gives for resampled indices.
void bootstrap(Estimate& estimate, std::size_t count, std::uint64_t seed,
               const std::function<std::optional<double>(const std::vector<std::size_t>&)>& statistic) {
  if (count < kFewest) return;
  std::mt19937_64 chance(seed);
  std::vector<std::size_t> drawn(count);
  std::vector<double> results;
  results.reserve(kResamples);
  for (std::size_t round = 0; round < kResamples; ++round) {
    for (std::size_t& index : drawn) index = below(chance, count);
    if (const auto result = statistic(drawn)) results.push_back(*result);
  }
  if (results.size() < kResamples) return;
  std::sort(results.begin(), results.end());
  estimate.low = results[kResamples * 25 / 1000];
  estimate.high = results[kResamples * 975 / 1000 - 1];
}

std::vector<double> pick(const std::vector<double>& values, const std::vector<std::size_t>& indices) {
  std::vector<double> picked;
  picked.reserve(indices.size());
  for (const std::size_t index : indices) picked.push_back(values[index]);
  return picked;
}

std::optional<double> ratio_less_one(std::vector<double> before, std::vector<double> after) {
  const auto base = median(std::move(before));
  const auto changed = median(std::move(after));
  if (!base || !changed || *base <= 0 || *changed <= 0) return std::nullopt;
  return *changed / *base - 1;
}

}  // namespace

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  if (values.size() % 2 == 1) return values[middle];
  return (values[middle - 1] + values[middle]) / 2;
}

std::optional<Estimate> estimate_median(const std::vector<double>& values, std::uint64_t seed) {
  const auto value = median(values);
  if (!value) return std::nullopt;
  Estimate estimate{*value};
  bootstrap(estimate, values.size(), seed,
            [&](const std::vector<std::size_t>& drawn) { return median(pick(values, drawn)); });
  return estimate;
}

std::optional<Estimate> estimate_gain(const std::vector<double>& before,
                                      const std::vector<double>& after, std::uint64_t seed) {
  const std::size_t pairs = std::min(before.size(), after.size());
  const auto first = [pairs](const std::vector<double>& values) {
    return std::vector<double>(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(pairs));
  };
  const auto value = ratio_less_one(first(before), first(after));
  if (!value) return std::nullopt;
  Estimate estimate{*value};
  bootstrap(estimate, pairs, seed, [&](const std::vector<std::size_t>& drawn) {
    return ratio_less_one(pick(before, drawn), pick(after, drawn));
  });
  return estimate;
}

Verdict judge(const std::optional<Estimate>& gain) {
  if (!gain || !gain->low || !gain->high) return Verdict::unknown;
  if (*gain->low > 0) return Verdict::faster;
  if (*gain->high < 0) return Verdict::slower;
  return Verdict::no_measurable_gain;
}

std::vector<Arm> random_order(int pairs, std::uint64_t seed) {
  std::mt19937_64 chance(seed);
  std::vector<Arm> order;
  for (int pair = 0; pair < pairs; ++pair) {
    const bool paused_first = below(chance, 2) == 0;
    order.push_back(paused_first ? Arm::paused : Arm::active);
    order.push_back(paused_first ? Arm::active : Arm::paused);
  }
  return order;
}

}  // namespace m1opt::client::bench
