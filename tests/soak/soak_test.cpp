#include <cstdlib>

#include "base/log.h"
#include "rig.h"
#include "support/catch.h"

using namespace m1opt::test;

namespace {

/// M1OPT_SOAK_TICKS: so many ticks in all; M1OPT_SOAK_SEED: the first seed.
long wanted(const char* name, long otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atol(text);
}

constexpr long kSeeds = 8;
constexpr long kBetweenRests = 500;

void run_seed(unsigned seed, long ticks, SoakRig::Counts& all) {
  SoakRig rig(seed);
  bool whole = true;
  for (long tick = 1; tick <= ticks && whole; ++tick) {
    whole = rig.step();
    if (whole && tick % kBetweenRests == 0) whole = rig.settle();
  }
  INFO("seed " << seed << '\n' << rig.tail() << rig.broken());
  REQUIRE(whole);
  for (const auto& [what, count] : rig.counts.of) all[what] += count;
}

}  // namespace

TEST_CASE("whatever happens to the machine, every invariant holds after every tick") {
  REQUIRE(m1opt::base::start_log("-", m1opt::base::LogLevel::error));
  const long ticks = wanted("M1OPT_SOAK_TICKS", 20'000);
  const auto first = static_cast<unsigned>(wanted("M1OPT_SOAK_SEED", 1));
  SoakRig::Counts all;
  for (unsigned seed = first; seed < first + kSeeds; ++seed) run_seed(seed, ticks / kSeeds, all);
  // A soak in which nothing happens proves nothing.
  for (const char* what : {"began suspend", "began background", "began raise", "daemon killed",
                           "guardian killed", "guardian took over", "numbers reused",
                           "changes within a tick", "others interfered", "commands", "starts in safe mode"}) {
    INFO(what);
    CHECK(all[what] > 0);
  }
  if (std::getenv("M1OPT_SOAK_TICKS") == nullptr) return;
  for (const auto& [what, count] : all.of) WARN(what << ": " << count);
}
