#pragma once

#include <string>

#include "client/doctor.h"
#include "client/python/probe.h"
#include "client/python/surroundings.h"

/// What answers of a probe mean.
namespace m1opt::client::python {

/// torch, mlx or mlx_lm in `python`. Not installed is a fault only where it `must` be there.
Finding judge_package(const Surroundings& surroundings, const std::string& python, const Interpreter& interpreter,
                      const Package& package, bool must);

/// Why MLX cannot be installed here; "" when it can. Of the Python only the version is looked at,
/// where it is known.
std::string why_no_mlx(const Surroundings& surroundings, const std::string& python_version);

/// What uv is told to install for MLX: on Linux there is a build for the CPU.
std::vector<std::string> mlx_packages(bool mac);

}  // namespace m1opt::client::python
