#include "journal/thinning.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "support/catch.h"

using namespace m1opt::model;
using m1opt::journal::Thinner;
using namespace std::chrono_literals;

namespace {

std::vector<HistorySpan> thin(const std::vector<HistorySpan>& spans, Duration step) {
  Thinner thinner(step);
  std::vector<HistorySpan> thinned;
  for (const HistorySpan& span : spans) {
    if (const auto whole = thinner.add(span)) thinned.push_back(*whole);
  }
  if (const auto rest = thinner.take()) thinned.push_back(*rest);
  return thinned;
}

HistorySpan reading(Duration at, double value, Duration span = 1s) { return {at, span, value, value, value}; }

}  // namespace

TEST_CASE("a step has the lowest, the highest and the mean over the time of what began in it") {
  const auto thinned = thin({reading(0s, 10, 9s), reading(9s, 40, 1s), reading(60s, 5)}, 60s);
  REQUIRE(thinned.size() == 2);
  CHECK(thinned[0] == HistorySpan{0s, 10s, 10, 13, 40});
  CHECK(thinned[1] == reading(60s, 5));
}

TEST_CASE("a gap stays a gap, however fine the step") {
  const auto thinned = thin({reading(10s, 1), reading(10'000s, 2)}, 60s);
  REQUIRE(thinned.size() == 2);
  CHECK(thinned[0].at == 10s);
  CHECK(thinned[0].span == 1s);
  CHECK(thinned[1].at == 10'000s);
}

TEST_CASE("what took no time at all still counts") {
  const auto thinned = thin({reading(0s, 1, 0s), reading(1s, 3, 0s)}, 60s);
  REQUIRE(thinned.size() == 1);
  CHECK(thinned[0].avg == 2);
  CHECK(thinned[0].max == 3);
}

TEST_CASE("thinning, once or many times over, never loses a lowest, a highest, a mean or time") {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<HistorySpan> spans;
    Duration at = 0s;
    for (int i = 0; i < 2000; ++i) {
      const Duration span = std::chrono::milliseconds(random() % 12'000);
      spans.push_back(reading(at, std::exp(static_cast<double>(random() % 4000) / 100.0), span));
      at += span + (random() % 50 == 0 ? std::chrono::seconds(random() % 4000) : 0s);
    }
    const auto sum = [](const std::vector<HistorySpan>& of) {
      HistorySpan all = of.front();
      double weighted = 0;
      all.span = 0s;
      for (const HistorySpan& span : of) {
        REQUIRE(span.min <= span.avg);
        REQUIRE(span.avg <= span.max);
        all.min = std::min(all.min, span.min);
        all.max = std::max(all.max, span.max);
        all.span += span.span;
        weighted += span.avg * m1opt::base::seconds_of(span.span);
      }
      all.avg = weighted / m1opt::base::seconds_of(all.span);
      return all;
    };
    const HistorySpan whole = sum(spans);
    std::vector<HistorySpan> thinned = spans;
    for (const Duration step : {1s, 10s, 60s, 600s, 86'400s}) {
      thinned = thin(thinned, step);
      const HistorySpan still = sum(thinned);
      CHECK(still.min == whole.min);
      CHECK(still.max == whole.max);
      CHECK(still.span == whole.span);
      CHECK(std::abs(still.avg - whole.avg) < 1e-9 * whole.avg);
      REQUIRE(std::is_sorted(thinned.begin(), thinned.end(),
                             [](const auto& a, const auto& b) { return a.at < b.at; }));
    }
  }
}
