#include <unistd.h>

#include <memory>

#include "platform/cpu_text.h"
#include "platform/linux/polled_file.h"
#include "platform/linux/sensors.h"
#include "platform/pressure_text.h"

namespace m1opt::platform {

namespace {

/// Only the first line of /proc/stat is needed, and the kernel writes it first.
constexpr std::size_t kStatSize = 512;

struct CpuFiles {
  PolledFile stat;
  PolledFile stalls;
  std::int64_t ticks_per_second{::sysconf(_SC_CLK_TCK)};
  std::vector<char> buffer = std::vector<char>(kStatSize);

  std::vector<Problem> read(Sample& sample) {
    sample.cpu.reset();
    const auto text = stat.read(buffer);
    if (!text) return {problem_of("cpu", text.error())};
    auto reading = parse_cpu_totals(*text, ticks_per_second);
    if (!reading) return {problem_of("cpu", reading.error())};
    std::vector<Problem> problems;
    const auto waiting = stalls.read(buffer);
    const Result<Stalls> parsed =
        waiting ? parse_stalls(*waiting) : Result<Stalls>(waiting.error());
    if (parsed) {
      reading->some_avg10 = parsed->some.avg10;
    } else {
      problems.push_back(stalls_problem("cpu.some_avg10", parsed.error()));
    }
    sample.cpu = *reading;
    return problems;
  }
};

}  // namespace

Sensor make_cpu_sensor(const std::string& sysroot) {
  auto files = std::make_shared<CpuFiles>(
      CpuFiles{PolledFile(sysroot + "/proc/stat"), PolledFile(sysroot + "/proc/pressure/cpu")});
  return {"cpu", [files](Sample& sample) { return files->read(sample); }};
}

}  // namespace m1opt::platform
