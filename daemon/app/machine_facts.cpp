#include "app/machine_facts.h"

#include "platform/platform.h"

namespace m1opt::app {

namespace {

/// No sensor can tell that there is no fan; those with Apple's chip never had one.
bool is_known_fanless(const MachineReading& machine) {
  return machine.chip.starts_with("Apple") && machine.model.find("MacBook Air") != std::string::npos;
}

bool matters(const platform::Sensor& sensor) {
  return sensor.name == "memory" || sensor.name == "thermal" || sensor.name == "power";
}

}  // namespace

MachineFacts facts_of(const Sample& sample, const MachineReading& machine) {
  MachineFacts facts;
  if (sample.memory) facts.memory = sample.memory->total;
  if (sample.thermal && !sample.thermal->fans.empty()) {
    facts.fans = static_cast<int>(sample.thermal->fans.size());
  } else if (is_known_fanless(machine)) {
    facts.fans = 0;
  }
  if (sample.power) facts.battery = sample.power->charge.has_value();
  return facts;
}

MachineFacts read_machine_facts(const std::string& sysroot) {
  Sample sample;
  for (const platform::Sensor& sensor : platform::make_sensors(sysroot)) {
    if (matters(sensor)) (void)sensor.read(sample);
  }
  std::vector<Problem> ignored;
  MachineFacts facts = facts_of(sample, platform::read_machine(sysroot, ignored));
  if (const auto displays = platform::count_displays(sysroot)) facts.displays = *displays;
  return facts;
}

}  // namespace m1opt::app
