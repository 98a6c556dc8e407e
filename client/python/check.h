#pragma once

#include <string>
#include <vector>

#include "client/doctor.h"
#include "client/python/probe.h"
#include "client/python/program.h"
#include "client/python/surroundings.h"

/// `m1optctl python check`: is there a Python in which a model runs well?
namespace m1opt::client::python {

/// The command that installs uv on this system.
std::string uv_install_hint(bool mac);

/// What uv takes for Python that is made for this processor, whatever else is installed.
std::string native_request(const Surroundings& surroundings);

/// Does this Python run for another processor than this machine's own?
bool is_foreign(const Surroundings& surroundings, const std::string& machine);

/// uv, interpreters, the environment in force, its packages, the disk. A failure: it was interrupted.
Expected<std::vector<Finding>> examine(const Surroundings& surroundings, const Runner& run);

/// The Python in an environment: it answers, for which processor, and whether these packages compute.
/// What is not installed is a fault only where `must` says so.
Expected<std::vector<Finding>> examine_packages(const Surroundings& surroundings, const Runner& run,
                                                const std::string& python, const std::vector<std::string>& names,
                                                bool must);

}  // namespace m1opt::client::python
