#include <fmt/format.h>

#include "base/file.h"
#include "platform/cpu_text.h"
#include "platform/linux/polled_file.h"
#include "platform/linux/sensors.h"
#include "platform/machine_text.h"
#include "platform/text.h"

namespace m1opt::platform {

namespace {

constexpr const char* kCpus = "/sys/devices/system/cpu/";

std::string read_os(const std::string& sysroot) {
  auto os = read_attribute(sysroot + "/proc/sys/kernel/ostype");
  const auto release = read_attribute(sysroot + "/proc/sys/kernel/osrelease");
  if (os.empty() || release.empty()) return {};
  os += " " + release;
  const auto text = read_file(sysroot + "/etc/os-release");
  const auto name = text ? parse_os_name(*text) : std::string{};
  return name.empty() ? os : os + ", " + name;
}

std::string read_model(const std::string& sysroot) {
  const auto tree = read_attribute(sysroot + "/proc/device-tree/model");
  if (!tree.empty()) return tree;
  const std::string dmi = sysroot + "/sys/class/dmi/id/";
  const auto vendor = dmi_text(read_attribute(dmi + "sys_vendor"));
  const auto product = dmi_text(read_attribute(dmi + "product_name"));
  if (product.empty()) return {};
  return vendor.empty() || product.rfind(vendor, 0) == 0 ? product : vendor + " " + product;
}

/// cpu_capacity of every CPU (arm64, RISC-V); empty unless all of them have one.
std::vector<int> read_capacities(const std::string& sysroot, int cores) {
  std::vector<int> capacities;
  for (int i = 0; i < cores; ++i) {
    const auto text = read_attribute(fmt::format("{}{}cpu{}/cpu_capacity", sysroot, kCpus, i));
    const auto capacity = parse_number<int>(text);
    if (!capacity || *capacity <= 0 || *capacity > 1024) return {};
    capacities.push_back(*capacity);
  }
  return capacities;
}

void read_core_kinds(const std::string& sysroot, MachineReading& machine,
                     std::vector<Problem>& problems) {
  // Hybrid Intel: one PMU device for each kind of core lists its CPUs (threads).
  const auto performance =
      parse_cpu_list_size(read_attribute(sysroot + "/sys/devices/cpu_core/cpus"));
  const auto efficiency =
      parse_cpu_list_size(read_attribute(sysroot + "/sys/devices/cpu_atom/cpus"));
  if (performance && efficiency) {
    machine.performance_cores = *performance;
    machine.efficiency_cores = *efficiency;
    return;
  }
  const auto capacities = read_capacities(sysroot, machine.cores);
  if (!capacities.empty()) {
    const auto kinds = compute_core_kinds(capacities);
    machine.performance_cores = kinds.performance;
    machine.efficiency_cores = kinds.efficiency;
    return;
  }
  for (const char* field : {"machine.performance_cores", "machine.efficiency_cores"}) {
    problems.push_back(problem_of(field, Errc::unsupported,
                                  "the kernel tells no kinds of cores (no cpu_capacity, no "
                                  "cpu_core and cpu_atom)"));
  }
}

}  // namespace

/// A connector that is not connected may say "unknown", which is no display either.
Result<int> count_displays(const std::string& sysroot) {
  const std::string directory = sysroot + "/sys/class/drm/";
  int connectors = 0;
  int connected = 0;
  for (const auto& name : list_names(directory)) {
    const auto status = read_attribute(directory + name + "/status");
    if (status.empty()) continue;
    ++connectors;
    if (status == "connected") ++connected;
  }
  if (connectors == 0) {
    return Error{Errc::unsupported, 0, "no connector of a display in " + directory};
  }
  return connected;
}

MachineReading read_machine(const std::string& sysroot, std::vector<Problem>& problems) {
  MachineReading machine;
  machine.os = read_os(sysroot);
  if (machine.os.empty()) {
    problems.push_back(problem_of("machine.os", Errc::io,
                                  "/proc/sys/kernel/ostype and osrelease "
                                  "cannot be read"));
  }
  constexpr std::size_t kCpuInfoLimit = 4U << 20U;
  const auto text = read_file(sysroot + "/proc/cpuinfo", kCpuInfoLimit);
  const auto cpu = text ? parse_cpuinfo(*text) : CpuInfo{};
  const auto tree = read_file(sysroot + "/proc/device-tree/compatible");
  if (tree) machine.chip = apple_chip(*tree);
  if (machine.chip.empty()) machine.chip = cpu.model.empty() ? cpu.hardware : cpu.model;
  if (machine.chip.empty()) {
    problems.push_back(problem_of("machine.chip", Errc::unsupported,
                                  "neither /proc/cpuinfo nor a device tree names it"));
  }
  machine.model = read_model(sysroot);
  if (machine.model.empty()) {
    problems.push_back(
        problem_of("machine.model", Errc::unsupported, "neither a device tree nor DMI names it"));
  }
  const auto present = parse_cpu_list_size(read_attribute(sysroot + kCpus + "present"));
  machine.cores = present ? *present : cpu.processors;
  if (machine.cores == 0) {
    problems.push_back(problem_of("machine.cores", Errc::parse, "no list of CPUs can be read"));
  }
  read_core_kinds(sysroot, machine, problems);
  return machine;
}

Result<BootId> read_boot_id(const std::string& sysroot) {
  const std::string path = sysroot + "/proc/sys/kernel/random/boot_id";
  const auto text = read_file(path, 4096);
  if (!text) return text.error();
  const auto id = trim(*text);
  if (id.empty()) return Error{Errc::parse, 0, path + " is empty"};
  return BootId{std::string(id)};
}

}  // namespace m1opt::platform
