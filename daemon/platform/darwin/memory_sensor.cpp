#include <fmt/format.h>

#include <memory>

#include "platform/darwin/sensors.h"
#include "platform/darwin/sysctl.h"
#include "platform/darwin/vm_statistics.h"

namespace m1opt::platform::darwin {

namespace {

struct MemorySource {
  RawCalls& calls;
  VmStatisticsReader statistics{calls};

  std::vector<Problem> read(Sample& sample) {
    sample.memory.reset();
    const auto total = read_sysctl_number(calls, "hw.memsize");
    if (!total) return {problem_of("memory", total.error())};
    const auto pages = statistics.read();
    if (!pages) return {problem_of("memory", pages.error())};
    auto reading = compute_memory(*pages, calls.page_size(), Bytes{*total});
    if (!reading) return {problem_of("memory", reading.error())};
    std::vector<Problem> problems;
    if (const auto share = read_available_share()) {
      reading->available_share = *share;
    } else {
      problems.push_back(problem_of("memory.available_share", share.error().within(
          "computed from the page counts instead")));
    }
    sample.memory = *reading;
    return problems;
  }

  /// The kernel's own percentage, which its pressure level goes by: active,
  /// inactive, free and speculative pages of all (higher is better).
  Result<Percent> read_available_share() {
    const auto level = read_sysctl_number(calls, "kern.memorystatus_level");
    if (!level) return level.error();
    if (*level < 0 || *level > 100) {
      return Error{Errc::parse, 0, fmt::format("kern.memorystatus_level is {}", *level)};
    }
    return Percent{static_cast<double>(*level)};
  }
};

struct SwapSource {
  RawCalls& calls;
  VmStatisticsReader statistics{calls};

  std::vector<Problem> read(Sample& sample) {
    sample.swap.reset();
    const auto usage = read_sysctl_layout<SwapUsage>(calls, "vm.swapusage");
    if (!usage) return {problem_of("swap", usage.error())};
    if (usage->used > usage->total || usage->total > static_cast<std::uint64_t>(INT64_MAX)) {
      return {problem_of("swap", Errc::parse,
                         fmt::format("vm.swapusage: {} of {} bytes used", usage->used, usage->total))};
    }
    SwapReading reading;
    reading.total = Bytes{static_cast<std::int64_t>(usage->total)};
    reading.used = Bytes{static_cast<std::int64_t>(usage->used)};
    std::vector<Problem> problems;
    const std::uint64_t page = calls.page_size();
    const auto pages = statistics.read();
    const auto count = [&](const char* field, std::uint64_t value) -> std::optional<Bytes> {
      if (is_page_size(page) && value <= static_cast<std::uint64_t>(INT64_MAX) / page) {
        return Bytes{static_cast<std::int64_t>(value * page)};
      }
      problems.push_back(problem_of(field, Errc::parse,
                                    fmt::format("{} pages of {} bytes", value, page)));
      return std::nullopt;
    };
    if (pages) {
      reading.swapped_in = count("swap.swapped_in", pages->swapins);
      reading.swapped_out = count("swap.swapped_out", pages->swapouts);
    } else {
      problems.push_back(problem_of("swap.swapped_in", pages.error()));
      problems.push_back(problem_of("swap.swapped_out", pages.error()));
    }
    sample.swap = reading;
    return problems;
  }
};

}  // namespace

Sensor make_memory_sensor(RawCalls& calls) {
  auto source = std::make_shared<MemorySource>(MemorySource{calls});
  return {"memory", [source](Sample& sample) { return source->read(sample); }};
}

Sensor make_pressure_sensor(RawCalls& calls) {
  return {"pressure", [&calls](Sample& sample) -> std::vector<Problem> {
            sample.pressure.reset();
            const auto level = read_sysctl_number(calls, "kern.memorystatus_vm_pressure_level");
            if (!level) return {problem_of("pressure", level.error())};
            auto reading = decode_pressure(*level);
            if (!reading) return {problem_of("pressure", reading.error())};
            sample.pressure = std::move(*reading);
            std::vector<Problem> problems;
            for (const char* field :
                 {"pressure.some_avg10", "pressure.full_avg10", "pressure.some_total", "pressure.full_total"}) {
              problems.push_back(
                  problem_of(field, Errc::unsupported, "macOS keeps no stall times"));
            }
            return problems;
          }};
}

Sensor make_swap_sensor(RawCalls& calls) {
  auto source = std::make_shared<SwapSource>(SwapSource{calls});
  return {"swap", [source](Sample& sample) { return source->read(sample); }};
}

}  // namespace m1opt::platform::darwin
