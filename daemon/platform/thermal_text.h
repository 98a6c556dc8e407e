#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "model/reading.h"

/// Text of thermal zones, hwmon and cpufreq, and the thermal level.
namespace m1opt::platform {

using namespace m1opt::base;
using namespace m1opt::model;

/// "47250\n"; absent when it is no number. Not yet checked for plausibility.
std::optional<MilliCelsius> parse_temperature(std::string_view text);

/// Inside -20 to 150 C. Outside it a sensor is absent, broken or a placeholder
/// (drivers report -273, 0xff or 2^31 for a sensor that is not fitted).
bool is_plausible(MilliCelsius value);

/// Does the sensor of this name sit in the processor or SoC?
bool is_processor_sensor(std::string_view name);

enum class TripKind { passive, hot, critical, other };
TripKind parse_trip_kind(std::string_view text);

struct TripPoint {
  TripKind kind{TripKind::other};
  MilliCelsius at;
};

struct ThermalZone {
  std::string name;
  std::optional<MilliCelsius> value;
  std::vector<TripPoint> trips;
};

struct ThermalLevel {
  int level{0};
  std::string source;
};

/// The scale of macOS thermal pressure from Linux trip points; the highest over
/// all zones counts:
///   4 sleeping: at or above a critical trip (the kernel is about to power off)
///   3 trapping: at or above a hot trip, or within 5 C below a critical one
///   2 heavy:    at or above a passive trip (the kernel slows the CPU)
///   1 moderate: within 5 C below a passive trip
///   0 nominal:  none of these
/// Active trips only start a fan. Trips below 40 C are placeholders (0 for "not
/// set") and are ignored, as are zones whose value is absent or implausible.
/// Absent when no zone has both a value and a trip.
std::optional<ThermalLevel> compute_thermal_level(const std::vector<ThermalZone>& zones);

/// One cpufreq policy in kHz; `firmware_limit` is bios_limit, where there is one.
struct FrequencyPolicy {
  std::optional<std::int64_t> hardware_max;  ///< cpuinfo_max_freq
  std::optional<std::int64_t> allowed_max;   ///< scaling_max_freq
  std::optional<std::int64_t> firmware_limit;
};
std::optional<std::int64_t> parse_frequency(std::string_view text);

/// The lowest allowed share over all policies; `by_firmware` when it is the
/// firmware's limit and not a setting of the user's.
struct FrequencyCap {
  Percent share{100};
  bool by_firmware{false};
};
std::optional<FrequencyCap> compute_frequency_cap(const std::vector<FrequencyPolicy>& policies);

}  // namespace m1opt::platform
