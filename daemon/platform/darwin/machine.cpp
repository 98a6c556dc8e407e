#include "platform/darwin/darwin.h"
#include "platform/darwin/errors.h"
#include "platform/darwin/sysctl.h"

namespace m1opt::platform::darwin {

namespace {

/// Level 0 is the fastest (xnu bsd/kern/kern_mib.c). Chips differ in what they
/// call their levels ("Super" on newer ones), so only "Efficiency" is looked
/// for; without names the first is fast and the rest are not.
void read_core_kinds(RawCalls& calls, MachineReading& machine, std::vector<Problem>& problems) {
  const auto levels = read_sysctl_number(calls, "hw.nperflevels");
  int performance = 0;
  int efficiency = 0;
  const auto fault = [&](const Error& error) {
    for (const char* field : {"machine.performance_cores", "machine.efficiency_cores"}) {
      problems.push_back(problem_of(field, error));
    }
  };
  if (!levels) return fault(levels.error());
  if (*levels < 1 || *levels > 8) {
    return fault({Errc::parse, 0, "hw.nperflevels is " + std::to_string(*levels)});
  }
  for (std::int64_t level = 0; level < *levels; ++level) {
    const std::string base = "hw.perflevel" + std::to_string(level);
    const auto cores = read_sysctl_number(calls, (base + ".logicalcpu_max").c_str());
    if (!cores) return fault(cores.error());
    const auto name = read_sysctl_text(calls, (base + ".name").c_str());
    const bool slow = name ? *name == "Efficiency" : level > 0;
    (slow ? efficiency : performance) += static_cast<int>(*cores);
  }
  machine.performance_cores = performance;
  machine.efficiency_cores = efficiency;
}

}  // namespace

MachineReading read_machine(RawCalls& calls, std::vector<Problem>& problems) {
  MachineReading machine;
  const auto text = [&](const char* name, const char* field) -> std::string {
    auto value = read_sysctl_text(calls, name);
    if (value) return *value;
    problems.push_back(problem_of(field, value.error()));
    return {};
  };
  const std::string version = text("kern.osproductversion", "machine.os");
  if (!version.empty()) machine.os = "macOS " + version;
  machine.chip = text("machdep.cpu.brand_string", "machine.chip");
  machine.model = text("hw.model", "machine.model");
  if (const auto cores = read_sysctl_number(calls, "hw.logicalcpu_max"); cores && *cores > 0) {
    machine.cores = static_cast<int>(*cores);
  } else {
    problems.push_back(cores ? problem_of("machine.cores", Errc::parse, "hw.logicalcpu_max is 0")
                             : problem_of("machine.cores", cores.error()));
  }
  read_core_kinds(calls, machine, problems);
  return machine;
}

Result<BootId> read_boot_id(RawCalls& calls) {
  auto id = read_sysctl_text(calls, "kern.bootsessionuuid");
  if (!id) return id.error();
  return BootId{std::move(*id)};
}

}  // namespace m1opt::platform::darwin
