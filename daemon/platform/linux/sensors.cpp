#include "platform/linux/sensors.h"

#include <unistd.h>

#include "base/file.h"
#include "platform/process_text.h"

namespace m1opt::platform {

Problem problem_of(const std::string& reader, const Error& error) {
  return {reader, to_string(error.code), error.what};
}

Problem problem_of(const std::string& reader, Errc code, std::string text) {
  return {reader, to_string(code), std::move(text)};
}

Problem stalls_problem(const std::string& reader, const Error& error) {
  if (error.code != Errc::gone) return problem_of(reader, error);
  return problem_of(reader, Errc::unsupported,
                    "the kernel keeps no stall times (PSI is not built in or is off)");
}

std::int64_t read_page_size(const std::string& sysroot) {
  if (!sysroot.empty()) {
    if (const auto text = read_file(sysroot + "/proc/self/smaps")) {
      if (const auto size = parse_page_size(*text); size && *size > 0) return *size;
    }
  }
  return ::sysconf(_SC_PAGESIZE);
}

namespace {

Sensor make_gpu_sensor() {
  return {"gpu", [](Sample& sample) -> std::vector<Problem> {
            sample.gpu.reset();
            return {problem_of("gpu.wired_limit", Errc::unsupported,
                               "Linux has no limit on the memory that a GPU may wire")};
          }};
}

}  // namespace

std::function<HardwareReading()> make_hardware_reader(const std::string&) { return nullptr; }

std::vector<Sensor> make_sensors(const std::string& sysroot) {
  std::vector<Sensor> sensors;
  sensors.push_back(make_memory_sensor(sysroot));
  sensors.push_back(make_pressure_sensor(sysroot));
  sensors.push_back(make_swap_sensor(sysroot));
  sensors.push_back(make_thermal_sensor(sysroot));
  sensors.push_back(make_power_sensor(sysroot));
  sensors.push_back(make_cpu_sensor(sysroot));
  sensors.push_back(make_gpu_sensor());
  return sensors;
}

}  // namespace m1opt::platform
