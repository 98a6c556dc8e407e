#include "decide/profile.h"

#include <fmt/format.h>

namespace m1opt::decide {
namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;
/// Between 8 and 16, and between 16 (18, 24) and 32: a machine shows less than it has.
constexpr double kSmall = 12 * kGiB;
constexpr double kMiddle = 24.5 * kGiB;

void add(ProfilePick& pick, const char* name, const std::string& reason) {
  pick.name += (pick.name.empty() ? "" : "+") + std::string(name);
  pick.reason += (pick.reason.empty() ? "" : ", ") + reason;
}

}  // namespace

ProfilePick pick_profiles(const MachineFacts& facts) {
  ProfilePick pick;
  if (facts.memory) {
    const auto bytes = static_cast<double>(facts.memory->value());
    const std::string reason = fmt::format("{:.1f} GiB of RAM", bytes / kGiB);
    add(pick, bytes <= kSmall ? "8gb" : bytes <= kMiddle ? "16gb" : "32gb_plus", reason);
  }
  if (facts.battery == true) {
    add(pick, "laptop_battery", "it has a battery");
  } else if (facts.displays == 0) {
    add(pick, "headless_server", "no display is connected");
  }
  if (facts.fans == 0) add(pick, "fanless", "it has no fan");
  if (pick.name.empty()) return {"none", "neither its RAM, fans, battery nor display are known"};
  return pick;
}

}  // namespace m1opt::decide
