#include <fmt/format.h>

#include <array>
#include <memory>

#include "platform/darwin/sensors.h"

namespace m1opt::platform::darwin {

namespace {

constexpr std::array<const char*, 5> kLevels{"nominal", "moderate", "heavy", "trapping", "sleeping"};

struct ThermalSource {
  RawCalls& calls;
  std::optional<int> token{};

  /// The name's state exists only while somebody is registered for it, so the
  /// token is kept.
  Result<int> read_level() {
    if (!token) {
      int fresh = 0;
      if (const auto status = calls.notify_register_check(kThermalLevelName, fresh); status != 0) {
        return Error{Errc::unsupported, 0, fmt::format("notify_register_check: status {}", status)};
      }
      token = fresh;
    }
    std::uint64_t state = 0;
    if (const auto status = calls.notify_get_state(*token, state); status != 0) {
      calls.notify_cancel(*token);
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
    if (const auto level = read_level()) {
      ThermalReading reading;
      reading.level = *level;
      reading.level_source = fmt::format("macOS thermal pressure: {}",
                                         kLevels[static_cast<std::size_t>(*level)]);
      sample.thermal = std::move(reading);
    } else {
      problems.push_back(problem_of("thermal.level", level.error()));
    }
    problems.push_back(problem_of("thermal.cpu_frequency_cap", Errc::unsupported,
                                  "macOS tells no limit on the frequency"));
    return problems;
  }
};

}  // namespace

Sensor make_thermal_sensor(RawCalls& calls) {
  auto source = std::make_shared<ThermalSource>(ThermalSource{calls});
  return {"thermal", [source](Sample& sample) { return source->read(sample); }};
}

}  // namespace m1opt::platform::darwin
