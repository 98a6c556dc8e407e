#include <memory>

#include "platform/linux/polled_file.h"
#include "platform/linux/sensors.h"
#include "platform/memory_text.h"
#include "platform/pressure_text.h"

namespace m1opt::platform {

namespace {

constexpr std::size_t kMeminfoSize = 8192;
/// pswpin stands in the first few kilobytes, the rest of vmstat is not needed.
constexpr std::size_t kVmstatSize = 16384;
constexpr std::size_t kSmall = 512;

struct MemoryFiles {
  PolledFile meminfo;
  std::vector<PolledFile> zram;
  std::vector<char> buffer = std::vector<char>(kMeminfoSize);

  explicit MemoryFiles(const std::string& sysroot) : meminfo(sysroot + "/proc/meminfo") {
    for (const auto& name : list_names(sysroot + "/sys/block")) {
      if (name.rfind("zram", 0) == 0)
        zram.emplace_back(sysroot + "/sys/block/" + name + "/mm_stat");
    }
  }

  std::optional<Bytes> read_zram() {
    std::optional<Bytes> sum;
    for (auto& file : zram) {
      const auto text = file.read(buffer);
      const auto used = text ? parse_zram_used(*text) : std::nullopt;
      if (used) sum = sum.value_or(Bytes{}) + *used;
    }
    return sum;
  }

  std::vector<Problem> read(Sample& sample) {
    sample.memory.reset();
    const auto text = meminfo.read(buffer);
    if (!text) return {problem_of("memory", text.error())};
    const auto info = parse_meminfo(*text);
    const auto reading = compute_memory(info, read_zram());
    if (!reading) return {problem_of("memory", reading.error())};
    sample.memory = *reading;
    std::vector<Problem> problems;
    if (!reading->wired) {
      problems.push_back(problem_of("memory.wired", Errc::unsupported,
                                    "/proc/meminfo has no Unevictable and SUnreclaim lines"));
    }
    if (!reading->compressed) {
      problems.push_back(problem_of("memory.compressed", Errc::unsupported,
                                    "no zram device, and /proc/meminfo has no Zswap line"));
    }
    if (!reading->cached) {
      problems.push_back(
          problem_of("memory.cached", Errc::unsupported, "/proc/meminfo has no Cached line"));
    }
    return problems;
  }
};

struct PressureFiles {
  PolledFile stalls;
  std::vector<char> buffer = std::vector<char>(kSmall);

  std::vector<Problem> read(Sample& sample) {
    sample.pressure.reset();
    std::vector<Problem> problems;
    std::optional<Stalls> known;
    const auto text = stalls.read(buffer);
    const Result<Stalls> parsed = text ? parse_stalls(*text) : Result<Stalls>(text.error());
    if (parsed) {
      known = *parsed;
    } else {
      for (const char* field :
           {"pressure.some_avg10", "pressure.full_avg10", "pressure.some_total", "pressure.full_total"}) {
        problems.push_back(stalls_problem(field, parsed.error()));
      }
    }
    std::optional<Percent> available;
    if (sample.memory) available = sample.memory->available_share;
    if (auto reading = compute_pressure(known, available)) {
      sample.pressure = std::move(*reading);
      if (known && !known->full) {
        problems.push_back(problem_of("pressure.full_avg10", Errc::parse,
                                      "/proc/pressure/memory has no usable 'full' line"));
      }
      return problems;
    } else {
      return {problem_of("pressure", reading.error())};
    }
  }
};

struct SwapFiles {
  PolledFile meminfo;
  PolledFile vmstat;
  std::int64_t page_size{0};
  std::vector<char> buffer = std::vector<char>(kVmstatSize);

  std::vector<Problem> read(Sample& sample) {
    sample.swap.reset();
    const auto text = meminfo.read(buffer);
    if (!text) return {problem_of("swap", text.error())};
    auto reading = compute_swap(parse_meminfo(*text));
    if (!reading) return {problem_of("swap", reading.error())};
    std::vector<Problem> problems;
    const auto counters = vmstat.read(buffer);
    const auto pages = counters ? parse_vmstat(*counters) : SwapPages{};
    reading->swapped_in = to_bytes(pages.in);
    reading->swapped_out = to_bytes(pages.out);
    const auto lost = [&](const char* field) {
      problems.push_back(counters ? problem_of(field, Errc::parse, "/proc/vmstat does not count it")
                                  : problem_of(field, counters.error()));
    };
    if (!reading->swapped_in) lost("swap.swapped_in");
    if (!reading->swapped_out) lost("swap.swapped_out");
    sample.swap = *reading;
    return problems;
  }

  [[nodiscard]] std::optional<Bytes> to_bytes(std::optional<std::int64_t> pages) const {
    if (!pages || *pages > INT64_MAX / page_size) return std::nullopt;
    return Bytes{*pages * page_size};
  }
};

}  // namespace

Sensor make_memory_sensor(const std::string& sysroot) {
  auto files = std::make_shared<MemoryFiles>(sysroot);
  return {"memory", [files](Sample& sample) { return files->read(sample); }};
}

Sensor make_pressure_sensor(const std::string& sysroot) {
  auto files =
      std::make_shared<PressureFiles>(PressureFiles{PolledFile(sysroot + "/proc/pressure/memory")});
  return {"pressure", [files](Sample& sample) { return files->read(sample); }};
}

Sensor make_swap_sensor(const std::string& sysroot) {
  auto files = std::make_shared<SwapFiles>(SwapFiles{PolledFile(sysroot + "/proc/meminfo"),
                                                     PolledFile(sysroot + "/proc/vmstat"),
                                                     read_page_size(sysroot)});
  return {"swap", [files](Sample& sample) { return files->read(sample); }};
}

}  // namespace m1opt::platform
