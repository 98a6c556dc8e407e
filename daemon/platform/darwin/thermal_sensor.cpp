#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "platform/darwin/sensors.h"
#include "platform/darwin/smc.h"

namespace m1opt::platform::darwin {

namespace {

/// kOSThermalNotificationPressureLevelName (libkern/OSThermalNotification.h).
constexpr const char* kLevelName = "com.apple.system.thermalpressurelevel";
/// A call to the SMC takes tens of microseconds and it has dozens of sensors
/// that change slowly: they are read at every fifth reading only.
constexpr int kReadsOfSmc = 5;
constexpr std::array<const char*, 5> kLevels{"nominal", "moderate", "heavy", "trapping", "sleeping"};

struct ThermalSource {
  RawCalls& calls;
  Smc smc{calls};
  std::optional<int> token{};
  int reads{0};
  ThermalReading kept{};  ///< what the SMC said last

  /// The name's state exists only while somebody is registered for it, so the
  /// token is kept.
  Result<int> read_level() {
    if (!token) {
      int fresh = 0;
      if (const auto status = calls.notify_register_check(kLevelName, fresh); status != 0) {
        return Error{Errc::unsupported, 0, fmt::format("notify_register_check: status {}", status)};
      }
      token = fresh;
    }
    std::uint64_t state = 0;
    if (const auto status = calls.notify_get_state(*token, state); status != 0) {
      token.reset();
      return Error{Errc::io, 0, fmt::format("notify_get_state: status {}", status)};
    }
    // 10, 20 … are the scale of other Apple systems.
    if (state >= kLevels.size()) {
      return Error{Errc::parse, 0, fmt::format("the thermal pressure is {}, not 0 to 4", state)};
    }
    return static_cast<int>(state);
  }

  std::vector<Problem> read(Sample& sample) {
    sample.thermal.reset();
    std::vector<Problem> problems;
    ThermalReading reading;
    if (const auto level = read_level()) {
      reading.level = *level;
      reading.level_source = fmt::format("macOS thermal pressure: {}",
                                         kLevels[static_cast<std::size_t>(*level)]);
    } else {
      problems.push_back(problem_of("thermal.level", level.error()));
    }
    read_smc(reading, problems);
    problems.push_back(problem_of("thermal.cpu_frequency_cap", Errc::unsupported,
                                  "macOS tells no limit on the frequency"));
    if (!reading.level && reading.temperatures.empty() && reading.fans.empty()) {
      problems.push_back(problem_of("thermal", Errc::unsupported,
                                    "neither a thermal pressure nor the SMC can be read"));
      return problems;
    }
    sample.thermal = std::move(reading);
    return problems;
  }

  void read_smc(ThermalReading& reading, std::vector<Problem>& problems) {
    if (const auto opened = smc.open(); !opened) {
      for (const char* field : {"thermal.hottest", "thermal.temperatures", "thermal.fans"}) {
        problems.push_back(problem_of(field, opened.error()));
      }
      return;
    }
    if (reads++ % kReadsOfSmc == 0 || !smc.knows_all_keys()) {
      kept.temperatures = smc.read_temperatures();
      kept.fans = smc.read_fans();
    }
    reading.temperatures = kept.temperatures;
    reading.fans = kept.fans;
    for (const Temperature& temperature : reading.temperatures) {
      if (temperature.name.starts_with("Tg")) continue;
      reading.hottest = std::max(reading.hottest.value_or(temperature.value), temperature.value);
    }
    if (reading.temperatures.empty()) {
      problems.push_back(problem_of("thermal.temperatures", Errc::unsupported,
                                    "no plausible temperature among the SMC's keys so far"));
    }
    if (!reading.hottest) {
      problems.push_back(problem_of("thermal.hottest", Errc::unsupported,
                                    "no plausible processor temperature among the SMC's keys so far"));
    }
    if (reading.fans.empty()) {
      problems.push_back(problem_of("thermal.fans", Errc::unsupported, "the SMC knows no fan"));
    }
    for (const Fan& fan : reading.fans) {
      if (fan.mode) continue;
      problems.push_back(problem_of("thermal.fans.mode", Errc::unsupported,
                                    "the SMC does not tell who controls " + fan.name));
    }
  }
};

}  // namespace

Sensor make_thermal_sensor(RawCalls& calls) {
  auto source = std::make_shared<ThermalSource>(ThermalSource{calls});
  return {"thermal", [source](Sample& sample) { return source->read(sample); }};
}

}  // namespace m1opt::platform::darwin
