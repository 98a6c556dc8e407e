#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/python/program.h"

/// What an interpreter says of itself and of the packages in it, asked by probe.py.
namespace m1opt::client::python {

struct Interpreter {
  std::string executable;
  std::string implementation;  ///< CPython
  std::string version;         ///< 3.12.4
  std::string machine;         ///< under a translator: what it translates from
  std::string macos;           ///< its version; "" elsewhere
  std::string prefix;
  std::string base_prefix;     ///< of the Python that an environment was made from
};

struct Package {
  std::string name;
  bool installed{false};
  std::string version;
  std::string error;  ///< of the import or of the computation; "" when it is usable
  std::string device;       ///< mps, cuda, gpu, cpu
  std::string device_name;
  bool mps_built{false};
  bool mps_available{false};
  bool metal{false};
  std::string cuda;  ///< the version that PyTorch was built for, used or not
  std::string hip;
  std::optional<std::int64_t> recommended_bytes;  ///< Metal's own limit for what is on the GPU
  bool computes{false};  ///< what it computed is right
};

/// The text of probe.py.
extern const std::string_view kProbeProgram;

/// From all that a probe printed. The failure says what came instead of an answer.
Expected<Interpreter> parse_interpreter(std::string_view output);
Expected<Package> parse_package(std::string_view output);

/// Half a minute, and two for a package: the first import of a large one compiles it.
Expected<Interpreter> ask_interpreter(const Runner& run, const std::string& python);
/// `name` is torch, mlx or mlx_lm. A probe that crashed is a package with that error.
Expected<Package> ask_package(const Runner& run, const std::string& python, const std::string& name);

/// {3, 12} of "3.12.4"; absent when it is no version.
std::optional<std::pair<int, int>> release_of(const std::string& version);

}  // namespace m1opt::client::python
