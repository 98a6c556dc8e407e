#include "client/cooling/cooling.h"

#include <algorithm>
#include <cmath>

#include "model/sample.h"

namespace m1opt::client::cooling {
namespace {

constexpr double kCurveStart = 60;
constexpr double kCurveEnd = 85;
constexpr double kCurveLeast = 50;

std::string reason_of(const std::vector<model::Problem>& problems, std::string_view reader) {
  for (const model::Problem& problem : problems) {
    if (problem.reader == reader) return problem.text;
  }
  return {};
}

double celsius_of(base::MilliCelsius value) { return static_cast<double>(value.value()) / 1000; }

void take_sensor(const std::string& sysroot, Cooling& cooling) {
  model::Sample sample;
  std::vector<model::Problem> problems;
  for (const platform::Sensor& sensor : platform::make_sensors(sysroot)) {
    if (sensor.name == "thermal") problems = sensor.read(sample);
  }
  cooling.why_no_heat = reason_of(problems, "thermal.hottest");
  if (cooling.why_no_heat.empty()) cooling.why_no_heat = reason_of(problems, "thermal");
  if (!sample.thermal) return;
  cooling.level = sample.thermal->level;
  cooling.level_source = sample.thermal->level_source;
  if (sample.thermal->hottest) cooling.hottest_celsius = celsius_of(*sample.thermal->hottest);
}

/// Where a thread of its own reads the temperatures in the daemon.
void take_hardware(const std::string& sysroot, Cooling& cooling) {
  const auto read = platform::make_hardware_reader(sysroot);
  if (!read) return;
  const model::HardwareReading reading = read();
  if (reading.hottest) cooling.hottest_celsius = celsius_of(*reading.hottest);
  if (!reading.hottest) cooling.why_no_heat = reason_of(reading.problems, "thermal.hottest");
}

}  // namespace

Cooling read_cooling(const std::string& sysroot) {
  Cooling cooling;
  take_sensor(sysroot, cooling);
  take_hardware(sysroot, cooling);
  if (cooling.hottest_celsius) cooling.why_no_heat.clear();
  auto fans = platform::read_fan_details(sysroot);
  if (fans) {
    cooling.fans = std::move(*fans);
  } else {
    cooling.why_no_fans = fans.error().what;
  }
  return cooling;
}

double curve_percent(double celsius) {
  const double along = std::clamp((celsius - kCurveStart) / (kCurveEnd - kCurveStart), 0.0, 1.0);
  return kCurveLeast + (100 - kCurveLeast) * along;
}

std::optional<std::int64_t> curve_rpm(const platform::FanDetail& fan, double celsius) {
  if (!fan.most_rpm) return std::nullopt;
  const auto rpm = std::llround(static_cast<double>(*fan.most_rpm) * curve_percent(celsius) / 100);
  return std::max<std::int64_t>(rpm, std::min(fan.least_rpm.value_or(0), *fan.most_rpm));
}

}  // namespace m1opt::client::cooling
