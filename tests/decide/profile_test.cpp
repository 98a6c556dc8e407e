#include "decide/profile.h"

#include "support/catch.h"

using namespace m1opt::decide;

namespace {
constexpr std::int64_t kGiB = 1LL << 30;
}

TEST_CASE("the profile follows from RAM, fans, battery and display, and says so") {
  struct Row {
    MachineFacts facts;
    const char* name;
    const char* reason;
  };
  const auto facts = [](std::int64_t bytes, std::optional<int> fans, std::optional<bool> battery,
                        std::optional<int> displays) {
    return MachineFacts{Bytes{bytes}, fans, battery, displays};
  };
  const Row rows[] = {
      {facts(8 * kGiB, 0, true, 1), "8gb+laptop_battery+fanless",
       "8.0 GiB of RAM, it has a battery, it has no fan"},
      {facts(7'800'000'000, 1, false, 1), "8gb", "7.3 GiB of RAM"},
      {facts(12 * kGiB, 1, false, 1), "8gb", "12.0 GiB of RAM"},
      {facts(15 * kGiB, 2, true, 1), "16gb+laptop_battery", "15.0 GiB of RAM, it has a battery"},
      {facts(24 * kGiB, {}, {}, {}), "16gb", "24.0 GiB of RAM"},
      {facts(31 * kGiB, 1, false, 2), "32gb_plus", "31.0 GiB of RAM"},
      {facts(64 * kGiB, 1, false, 0), "32gb_plus+headless_server",
       "64.0 GiB of RAM, no display is connected"},
      {facts(16 * kGiB, 1, {}, 0), "16gb+headless_server", "16.0 GiB of RAM, no display is connected"},
      {facts(16 * kGiB, 1, true, 0), "16gb+laptop_battery", "16.0 GiB of RAM, it has a battery"},
      {{}, "none", "neither its RAM, fans, battery nor display are known"},
  };
  for (const Row& row : rows) {
    const ProfilePick pick = pick_profiles(row.facts);
    CHECK(pick.name == row.name);
    CHECK(pick.reason == row.reason);
  }
}
