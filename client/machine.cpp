#include "client/machine.h"

#include "model/sample.h"
#include "platform/platform.h"

namespace m1opt::client {

Machine read_this_machine() {
  Machine machine;
  std::vector<model::Problem> problems;
  machine.reading = platform::read_machine("", problems);
  model::Sample sample;
  for (const platform::Sensor& sensor : platform::make_sensors("")) {
    if (sensor.name == "memory") (void)sensor.read(sample);
  }
  if (sample.memory) machine.ram = sample.memory->total;
  return machine;
}

}  // namespace m1opt::client
