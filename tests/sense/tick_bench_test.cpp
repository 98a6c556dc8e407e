#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "sense/sampler.h"
#include "sense/scripted_table.h"
#include "real_process.h"
#include "support/catch.h"

namespace m1opt::sense {

namespace {

Duration thread_cpu_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

/// test_sense "[bench]" measures the CPU time of a tick beside M1OPT_BENCH_PROCESSES
/// (500) sleeping processes, ten of them targets; nothing is asserted of it.
TEST_CASE("bench: CPU time of a tick", "[.bench]") {
  const char* wanted = std::getenv("M1OPT_BENCH_PROCESSES");
  const int count = wanted != nullptr ? std::atoi(wanted) : 500;
  std::vector<std::int32_t> children;
  const pid_t bench = ::getpid();
  for (int i = 0; i < count; ++i) {
    const auto pid = ::fork();
    if (pid == 0) {
      test::end_with_parent(bench);
      if (i < 10) ::execl("/bin/sleep", "sleep", "600", nullptr);
      for (;;) ::pause();
    }
    if (pid > 0) children.push_back(pid);
  }
  Config config = test::sense_config();
  config.targets[0].executables = {"sleep"};
  const auto table = platform::make_process_table("");
  const SystemClock clock;
  SamplerOptions options;
  options.sensors = platform::make_sensors("");
  options.own_pid = ::getpid();
  options.own_uid = ::geteuid();
  Sampler sampler(std::move(options), *table, clock);
  std::vector<double> ticks;
  Sample sample;
  for (int i = 0; i < 60; ++i) {
    const auto begin = thread_cpu_time();
    sample = sampler.take(config, clock.now());
    ticks.push_back(1000 * seconds_of(thread_cpu_time() - begin));
  }
  const double first = ticks.front();
  ticks.erase(ticks.begin(), ticks.begin() + 20);
  std::sort(ticks.begin(), ticks.end());
  WARN(sample.process_count << " processes, " << sample.targets.size() << " targets: first tick "
                            << first << " ms, then median " << ticks[ticks.size() / 2]
                            << " ms, most " << ticks.back() << " ms of CPU");
  for (const auto pid : children) ::kill(pid, SIGKILL);
  while (::waitpid(-1, nullptr, 0) > 0) {
  }
}

}  // namespace m1opt::sense
