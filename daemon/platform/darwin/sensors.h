#pragma once

#include "platform/darwin/darwin.h"
#include "platform/darwin/errors.h"
#include "platform/darwin/raw_calls.h"

/// One function a group of readings, as in platform/linux.
namespace m1opt::platform::darwin {

/// kOSThermalNotificationPressureLevelName (libkern/OSThermalNotification.h).
inline constexpr const char* kThermalLevelName = "com.apple.system.thermalpressurelevel";

Sensor make_memory_sensor(RawCalls& calls);
Sensor make_pressure_sensor(RawCalls& calls);
Sensor make_swap_sensor(RawCalls& calls);
Sensor make_thermal_sensor(RawCalls& calls);
Sensor make_power_sensor(RawCalls& calls);
Sensor make_cpu_sensor(RawCalls& calls);
Sensor make_gpu_sensor(RawCalls& calls);

}  // namespace m1opt::platform::darwin
