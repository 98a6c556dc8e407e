#include "platform/darwin/sensors.h"

namespace m1opt::platform::darwin {

namespace {

/// Of all internal batteries together; absent when none tells both numbers.
std::optional<Percent> charge_of(const PowerSources& sources) {
  double now = 0;
  double full = 0;
  for (const PowerSource& source : sources.sources) {
    if (source.type != "InternalBattery" || !source.current || !source.maximum) continue;
    if (*source.maximum <= 0 || *source.current < 0 || *source.current > *source.maximum) continue;
    now += static_cast<double>(*source.current);
    full += static_cast<double>(*source.maximum);
  }
  if (full <= 0) return std::nullopt;
  return percent_of(now, full);
}

std::optional<bool> on_battery(const std::string& providing) {
  if (providing == "AC Power") return false;
  if (providing == "Battery Power" || providing == "UPS Power") return true;
  return std::nullopt;
}

}  // namespace

Sensor make_power_sensor(RawCalls& calls) {
  return {"power", [&calls](Sample& sample) -> std::vector<Problem> {
            sample.power.reset();
            const auto sources = calls.power_sources();
            if (!sources) return {problem_of("power", sources.error())};
            const PowerReading reading{on_battery(sources->providing), charge_of(*sources)};
            std::vector<Problem> problems;
            if (!reading.on_battery) {
              problems.push_back(problem_of("power.on_battery", Errc::parse,
                                            "unknown power source '" + sources->providing + "'"));
            }
            if (!reading.charge) {
              problems.push_back(problem_of("power.charge", Errc::unsupported, "no battery"));
            }
            sample.power = reading;
            return problems;
          },
          true};
}

}  // namespace m1opt::platform::darwin
