#include "sense/slots.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace m1opt::sense {

std::vector<const WorkloadProcess*> own_servers(const WorkloadSample& workload) {
  std::unordered_map<std::int32_t, int> ports;  // of runners
  for (const WorkloadProcess& member : workload.processes) {
    if (member.runner && member.port) ports.emplace(member.process.id.pid, *member.port);
  }
  std::vector<const WorkloadProcess*> servers;
  for (const WorkloadProcess& member : workload.processes) {
    if (!member.runner) continue;
    const auto parent = ports.find(member.process.parent);
    if (parent == ports.end() || member.port != parent->second) servers.push_back(&member);
  }
  return servers;
}

std::string add_slots_of(WorkloadSample& workload,
                         const std::map<ProcessId, RunnerReport>& reports, Duration limit,
                         Instant now) {
  std::string fault;
  bool processing = false;
  const auto servers = own_servers(workload);
  for (const WorkloadProcess* server : servers) {
    const auto found = reports.find(server->process.id);
    if (found == reports.end()) {
      fault = server->port ? "not asked yet" : "where it listens is not among its arguments";
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
  if (processing || (!servers.empty() && fault.empty())) workload.request_running = processing;
  return fault;
}

}  // namespace m1opt::sense
