#include "client/settings/threads.h"

#include <fmt/format.h>

#include <set>

#include "base/file.h"
#include "platform/cpu_text.h"

namespace m1opt::client::settings {
namespace {

Threads not_set(const std::string& why) { return {std::nullopt, fmt::format("num_thread is not set: {}.", why)}; }

/// Of a hybrid Intel processor, whose kinds are told as lists of threads. 0: it is none. Absent: which
/// threads share a core is not told.
std::optional<int> cores_of_hybrid(const std::string& root) {
  const auto list = base::read_file(root + "/sys/devices/cpu_core/cpus");
  if (!list) return 0;
  const auto threads = platform::parse_cpu_list(*list);
  if (!threads) return std::nullopt;
  std::set<std::string> cores;
  for (const int thread : *threads) {
    const auto siblings =
        base::read_file(fmt::format("{}/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", root, thread));
    if (!siblings) return std::nullopt;
    cores.insert(*siblings);
  }
  return static_cast<int>(cores.size());
}

}  // namespace

Threads choose_threads(const model::MachineReading& machine, const std::string& root) {
  if (!machine.performance_cores) return not_set("how many performance cores there are is not known");
  const auto hybrid = cores_of_hybrid(root);
  if (!hybrid) return not_set("which threads share a core is not known");
  const int count = *hybrid > 0 ? *hybrid : *machine.performance_cores;
  if (machine.efficiency_cores.value_or(0) == 0) return {count, "All cores, which are alike."};
  return {count, "The performance cores; more would wait for the efficiency cores."};
}

Threads threads_of_another_machine() { return not_set("the cores are those of another machine"); }

}  // namespace m1opt::client::settings
