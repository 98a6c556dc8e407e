#include "sense/slots.h"

#include <fmt/format.h>

#include <algorithm>

namespace m1opt::sense {

bool is_own_server(const WorkloadSample& workload, const WorkloadProcess& member) {
  return std::none_of(workload.processes.begin(), workload.processes.end(),
                      [&](const WorkloadProcess& other) {
                        return other.runner && other.process.id.pid == member.process.parent &&
                               member.port && other.port == member.port;
                      });
}

std::string add_slots_of(WorkloadSample& workload,
                         const std::map<ProcessId, RunnerReport>& reports, Duration limit,
                         Instant now) {
  std::string fault;
  bool processing = false;
  int runners = 0;
  for (const WorkloadProcess& member : workload.processes) {
    if (!member.runner || !is_own_server(workload, member)) continue;
    ++runners;
    const auto found = reports.find(member.process.id);
    if (found == reports.end()) {
      fault = member.port ? "not asked yet" : "where it listens is not among its arguments";
      continue;
    }
    const RunnerReport& report = found->second;
    const Duration age = now - report.taken;
    if (!report.slots || age > limit) {
      fault = report.slots ? fmt::format("its last answer is {:.0f} s old", seconds_of(age))
                           : report.fault;
      continue;
    }
    workload.slots_age = std::max(workload.slots_age.value_or(Duration{}), age);
    for (const SlotReading& slot : *report.slots) {
      workload.slots.push_back(slot);
      processing = processing || slot.processing;
    }
  }
  if (processing || (runners > 0 && fault.empty())) workload.request_running = processing;
  return fault;
}

}  // namespace m1opt::sense
