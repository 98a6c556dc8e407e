#include <fmt/format.h>

#include <cmath>

#include "platform/darwin/darwin.h"
#include "platform/darwin/smc.h"

namespace m1opt::platform::darwin {

namespace {

constexpr double kFastest = 20'000;

std::optional<std::int64_t> speed_of(Smc& smc, int fan, const char* what) {
  const auto rpm = smc.read(fmt::format("F{}{}", fan, what));
  if (!rpm || *rpm < 0 || *rpm > kFastest) return std::nullopt;
  return std::lround(*rpm);
}

std::optional<FanControl> control_of(FanMode mode) {
  switch (mode) {
    case FanMode::automatic: return FanControl::automatic;
    case FanMode::forced: return FanControl::manual;
    case FanMode::system: return FanControl::system;
  }
  return std::nullopt;
}

FanDetail read_fan(Smc& smc, int number) {
  FanDetail fan;
  fan.name = fmt::format("fan {}", number);
  fan.rpm = speed_of(smc, number, "Ac");
  fan.least_rpm = speed_of(smc, number, "Mn");
  fan.most_rpm = speed_of(smc, number, "Mx");
  fan.target_rpm = speed_of(smc, number, "Tg");
  if (const auto mode = smc.read_fan_mode(number)) {
    fan.control = control_of(*mode);
    fan.control_source = "the SMC's mode key";
  }
  return fan;
}

}  // namespace

Result<std::vector<FanDetail>> read_fan_details(RawCalls& calls) {
  Smc smc(calls);
  if (const auto opened = smc.open(); !opened) return opened.error();
  const auto count = smc.count_fans();
  if (!count) return Error{Errc::unsupported, 0, "the SMC does not tell how many fans there are, as on a Mac without one"};
  std::vector<FanDetail> fans;
  for (int number = 0; number < *count; ++number) fans.push_back(read_fan(smc, number));
  return fans;
}

}  // namespace m1opt::platform::darwin
