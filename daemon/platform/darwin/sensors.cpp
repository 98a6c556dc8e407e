#include "platform/darwin/sensors.h"

#include "platform/darwin/sysctl.h"

namespace m1opt::platform::darwin {

namespace {

constexpr std::int64_t kMib = std::int64_t{1} << 20;

/// MiB by its present name; macOS 13 had it in bytes under another one.
Result<std::int64_t> read_wired_limit(RawCalls& calls) {
  auto limit = read_sysctl_number(calls, "iogpu.wired_limit_mb");
  if (limit) {
    if (*limit < 0 || *limit > INT64_MAX / kMib) {
      return Error{Errc::parse, 0, "iogpu.wired_limit_mb is " + std::to_string(*limit)};
    }
    return *limit * kMib;
  }
  if (auto bytes = read_sysctl_number(calls, "debug.iogpu.wired_limit"); bytes && *bytes >= 0) {
    return *bytes;
  }
  return limit;
}

}  // namespace

Sensor make_gpu_sensor(RawCalls& calls) {
  return {"gpu", [&calls](Sample& sample) -> std::vector<Problem> {
            sample.gpu.reset();
            const auto limit = read_wired_limit(calls);
            if (!limit) return {problem_of("gpu.wired_limit", limit.error())};
            if (*limit == 0) {
              return {problem_of("gpu.wired_limit", Errc::unsupported,
                                 "no limit is set; the system's own applies, and only Metal tells it")};
            }
            sample.gpu = GpuReading{Bytes{*limit}};
            return {};
          }};
}

std::vector<Sensor> make_sensors(RawCalls& calls) {
  return {make_memory_sensor(calls), make_pressure_sensor(calls), make_swap_sensor(calls),
          make_thermal_sensor(calls), make_power_sensor(calls), make_cpu_sensor(calls),
          make_gpu_sensor(calls)};
}

}  // namespace m1opt::platform::darwin
