#pragma once

#include <string>

#include "client/doctor.h"
#include "client/python/program.h"

namespace m1opt::client::python {

/// Do uv's cache and this environment share their files, by hard links or clones of the file system?
Finding examine_sharing(const Runner& run, const std::string& uv, const std::string& environment);

}  // namespace m1opt::client::python
