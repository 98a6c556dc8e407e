#pragma once

#include <string>

#include "model/profile.h"
#include "model/sample.h"

namespace m1opt::app {

using namespace m1opt::model;

/// From readings; `displays` is left absent.
MachineFacts facts_of(const Sample& sample, const MachineReading& machine);

/// The same from the machine itself, or from a tree captured on one.
MachineFacts read_machine_facts(const std::string& sysroot);

}  // namespace m1opt::app
