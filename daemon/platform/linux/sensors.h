#pragma once

#include <string>

#include "platform/platform.h"

/// One function a group of readings; each keeps its files open in the Sensor.
namespace m1opt::platform {

Sensor make_memory_sensor(const std::string& sysroot);
/// Uses Sample.memory, so it must run after the memory sensor.
Sensor make_pressure_sensor(const std::string& sysroot);
Sensor make_swap_sensor(const std::string& sysroot);
Sensor make_thermal_sensor(const std::string& sysroot);
Sensor make_power_sensor(const std::string& sysroot);
Sensor make_cpu_sensor(const std::string& sysroot);

/// "memory.wired", error -> Problem.
Problem problem_of(const std::string& reader, const Error& error);
Problem problem_of(const std::string& reader, Errc code, std::string text);

/// For a field of /proc/pressure, which a kernel without PSI does not have.
Problem stalls_problem(const std::string& reader, const Error& error);

/// Of the machine whose files are below `sysroot`: a captured tree says it in
/// proc/self/smaps, without which this system's own is taken.
std::int64_t read_page_size(const std::string& sysroot);

}  // namespace m1opt::platform
