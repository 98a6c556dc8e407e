#include <algorithm>
#include <memory>

#include "platform/darwin/darwin.h"
#include "platform/darwin/errors.h"
#include "platform/darwin/smc.h"

namespace m1opt::platform::darwin {

namespace {

HardwareReading read(Smc& smc) {
  HardwareReading reading;
  auto& problems = reading.problems;
  if (const auto opened = smc.open(); !opened) {
    for (const char* field : {"thermal.hottest", "thermal.temperatures", "thermal.fans"}) {
      problems.push_back(problem_of(field, opened.error()));
    }
    return reading;
  }
  reading.temperatures = smc.read_temperatures();
  reading.fans = smc.read_fans();
  reading.fan_count = smc.count_fans();
  for (const Temperature& temperature : reading.temperatures) {
    if (temperature.name.starts_with("Tg")) continue;
    reading.hottest = std::max(reading.hottest.value_or(temperature.value), temperature.value);
  }
  if (reading.temperatures.empty()) {
    problems.push_back(problem_of("thermal.temperatures", Errc::unsupported,
                                  "no plausible temperature among the SMC's keys"));
  }
  if (!reading.hottest) {
    problems.push_back(problem_of("thermal.hottest", Errc::unsupported,
                                  "no plausible processor temperature among the SMC's keys"));
  }
  if (reading.fans.empty()) {
    problems.push_back(problem_of("thermal.fans", Errc::unsupported, "the SMC knows no fan"));
  }
  for (const Fan& fan : reading.fans) {
    if (fan.mode) continue;
    problems.push_back(problem_of("thermal.fans.mode", Errc::unsupported,
                                  "the SMC does not tell who controls " + fan.name));
  }
  return reading;
}

}  // namespace

std::function<HardwareReading()> make_hardware_reader(RawCalls& calls) {
  return [smc = std::make_shared<Smc>(calls)] { return read(*smc); };
}

}  // namespace m1opt::platform::darwin
