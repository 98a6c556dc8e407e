#include <cmath>
#include <random>

#include "client/bench/statistics.h"
#include "support/catch.h"

using namespace m1opt::client::bench;

namespace {

/// Nearly normal, of mean 0 and deviation 1: the sum of twelve uniform numbers.
double noise(std::mt19937_64& chance) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += static_cast<double>(chance() >> 11U) / 9007199254740992.0;
  return sum;
}

/// How many of 200 benches of six pairs, whose scatter is a tenth, are judged so.
int count_verdicts(double true_gain, Verdict wanted) {
  std::mt19937_64 chance(7);
  int count = 0;
  for (int bench = 0; bench < 200; ++bench) {
    std::vector<double> before;
    std::vector<double> after;
    for (int pair = 0; pair < 6; ++pair) {
      before.push_back(10 * std::exp(0.1 * noise(chance)));
      after.push_back(10 * (1 + true_gain) * std::exp(0.1 * noise(chance)));
    }
    if (judge(estimate_gain(before, after, 1)) == wanted) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("the median is the one in the middle, or the mean of two") {
  CHECK_FALSE(median({}).has_value());
  CHECK(median({3}) == 3.0);
  CHECK(median({9, 1, 5}) == 5.0);
  CHECK(median({9, 1, 5, 3}) == 4.0);
}

TEST_CASE("an interval contains its estimate, is the same for the same seed, and needs five values") {
  const std::vector<double> values{10, 11, 9, 12, 10.5};
  const auto estimate = estimate_median(values, 42);
  REQUIRE(estimate.has_value());
  CHECK(estimate->value == 10.5);
  REQUIRE(estimate->low.has_value());
  CHECK(*estimate->low >= 9);
  CHECK(*estimate->low <= estimate->value);
  CHECK(*estimate->high >= estimate->value);
  CHECK(estimate == estimate_median(values, 42));
  CHECK_FALSE(estimate_median({1, 2, 3, 4}, 42)->low.has_value());
  CHECK_FALSE(estimate_median({}, 42).has_value());
}

TEST_CASE("values that do not scatter have an interval of no width") {
  const auto gain = estimate_gain({10, 10, 10, 10, 10}, {15, 15, 15, 15, 15}, 1);
  REQUIRE(gain.has_value());
  CHECK(gain->value == 0.5);
  CHECK(gain->low == 0.5);
  CHECK(gain->high == 0.5);
  CHECK(judge(gain) == Verdict::faster);
}

TEST_CASE("there is no gain over nothing, and none is judged without an interval") {
  CHECK_FALSE(estimate_gain({}, {1}, 1).has_value());
  CHECK_FALSE(estimate_gain({0, 0, 0, 0, 0}, {1, 1, 1, 1, 1}, 1).has_value());
  CHECK(judge(estimate_gain({10, 10, 10, 10}, {90, 90, 90, 90}, 1)) == Verdict::unknown);
  CHECK(judge(std::nullopt) == Verdict::unknown);
}

TEST_CASE("values without a partner are left out") {
  CHECK(estimate_gain({10, 10, 10, 10, 10, 99}, {20, 20, 20, 20, 20}, 1)->value == 1.0);
}

TEST_CASE("what drifts for both arms is no scatter of the gain") {
  // From pair to pair the machine is slower; the gain is a tenth in each.
  const std::vector<double> before{100, 80, 60, 50, 40, 30};
  std::vector<double> after;
  for (const double value : before) after.push_back(value * 1.1);
  const auto gain = estimate_gain(before, after, 3);
  REQUIRE(gain.has_value());
  CHECK(std::abs(gain->value - 0.1) < 1e-9);
  CHECK(std::abs(*gain->low - 0.1) < 1e-9);
  CHECK(std::abs(*gain->high - 0.1) < 1e-9);
}

TEST_CASE("two equal things are found different in few benches of a hundred") {
  const int found = count_verdicts(0, Verdict::faster) + count_verdicts(0, Verdict::slower);
  INFO(found);
  CHECK(found <= 24);  // 12 %: six pairs are few, and the interval is a little too narrow
}

TEST_CASE("a gain of half as much again is found, and so is a loss") {
  CHECK(count_verdicts(0.5, Verdict::faster) >= 195);
  CHECK(count_verdicts(-0.35, Verdict::slower) >= 195);
}

TEST_CASE("every pair has both arms, and their order is by chance") {
  const auto order = random_order(64, 5);
  REQUIRE(order.size() == 128);
  int paused_first = 0;
  for (std::size_t i = 0; i < order.size(); i += 2) {
    CHECK(order[i] != order[i + 1]);
    if (order[i] == Arm::paused) ++paused_first;
  }
  CHECK(paused_first > 16);
  CHECK(paused_first < 48);
  CHECK(order == random_order(64, 5));
  CHECK(order != random_order(64, 6));
}
