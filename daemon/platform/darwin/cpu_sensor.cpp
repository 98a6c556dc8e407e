#include <fmt/format.h>

#include <memory>

#include "platform/darwin/sensors.h"
#include "platform/darwin/sysctl.h"
#include "platform/darwin/ticks.h"

namespace m1opt::platform::darwin {

namespace {

constexpr std::size_t kIdle = 2;  // CPU_STATE_IDLE

/// The kernel counts ticks of all cores together in 32 bits, which run over
/// after two months or less: they are added up here from differences.
struct CpuSource {
  RawCalls& calls;
  std::array<std::uint32_t, 4> last{};
  std::array<std::uint64_t, 4> sum{};
  bool begun{false};

  std::vector<Problem> read(Sample& sample) {
    sample.cpu.reset();
    const auto clock = read_sysctl_layout<ClockInfo>(calls, "kern.clockrate");
    if (!clock) return {problem_of("cpu", clock.error())};
    if (clock->hz <= 0 || clock->hz > 1'000'000) {
      return {problem_of("cpu", Errc::parse, fmt::format("kern.clockrate is {} Hz", clock->hz))};
    }
    std::array<std::uint32_t, 4> now{};
    const int code = calls.cpu_ticks(now);
    if (code != kKernSuccess) {
      return {problem_of("cpu", kernel_error("host_statistics HOST_CPU_LOAD_INFO", code))};
    }
    if (now == std::array<std::uint32_t, 4>{}) {
      return {problem_of("cpu", Errc::parse, "HOST_CPU_LOAD_INFO gives only zeros")};
    }
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < now.size(); ++i) {
      const std::uint32_t step = begun ? now[i] - last[i] : now[i];
      // More than half the range is a count that went back, not one that ran over.
      if (!begun || step <= UINT32_MAX / 2) sum[i] += step;
      all += sum[i];
    }
    last = now;
    begun = true;
    const Timebase hz{1'000'000'000U, static_cast<std::uint32_t>(clock->hz)};
    sample.cpu = CpuReading{to_duration(all - sum[kIdle], hz), to_duration(sum[kIdle], hz), {}};
    return {problem_of("cpu.some_avg10", Errc::unsupported, "macOS keeps no stall times")};
  }
};

}  // namespace

Sensor make_cpu_sensor(RawCalls& calls) {
  auto source = std::make_shared<CpuSource>(CpuSource{calls});
  return {"cpu", [source](Sample& sample) { return source->read(sample); }};
}

}  // namespace m1opt::platform::darwin
