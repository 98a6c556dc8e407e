#pragma once

#include <optional>

#include "base/units.h"
#include "model/reading.h"

namespace m1opt::client {

/// This machine as the daemon would read it, without one. What cannot be read is absent.
struct Machine {
  model::MachineReading reading;
  std::optional<base::Bytes> ram;
};
Machine read_this_machine();

}  // namespace m1opt::client
