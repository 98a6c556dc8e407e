#pragma once

#include <optional>
#include <string>
#include <vector>

/// Where a user's Python is looked for.
namespace m1opt::client::python {

/// This machine and this user, so that made-up ones can be looked at too.
struct Surroundings {
  std::vector<std::string> path;  ///< the directories of PATH
  std::string home;
  std::string directory;          ///< the current one
  std::string virtual_env;        ///< VIRTUAL_ENV
  std::string conda_prefix;       ///< CONDA_PREFIX
  std::string machine;            ///< the processor's own, under a translator too: arm64, x86_64
  bool mac{false};
  bool torch_choice{false};       ///< the user has said himself which PyTorch uv takes
  std::optional<std::string> glibc;  ///< its version; absent where the C library is another one
  unsigned uid{0};                ///< the effective one
  std::string root{};             ///< stands before the places that are no directory of PATH
};
Surroundings this_surroundings();

/// Where uv's installers put it, whether it is there or not.
std::vector<std::string> usual_uv_places(const Surroundings& surroundings);
/// In PATH, then in those places.
std::optional<std::string> find_uv(const Surroundings& surroundings);

/// Programs named python, python3 or python3.N, each file once, in the order of PATH and then of the
/// usual places; at most 16. Without those of which macOS has only a stub that offers to install them.
std::vector<std::string> find_interpreters(const Surroundings& surroundings);

/// An environment, and what says that it is in force.
struct Environment {
  std::string directory;
  std::string why;  ///< "VIRTUAL_ENV", "CONDA_PREFIX", "./.venv"
};
/// As uv chooses: VIRTUAL_ENV, CONDA_PREFIX, .venv here or above.
std::optional<Environment> find_environment(const Surroundings& surroundings);

/// Has it a pyvenv.cfg?
bool is_environment(const std::string& directory);
std::string python_of(const std::string& environment);

/// Of the processor names of different systems one: aarch64 is arm64, amd64 is x86_64.
std::string usual_name(const std::string& machine);
/// What a program is for, by its first bytes (Mach-O or ELF); empty: a script, or not to be read.
std::vector<std::string> processors_of_program(const std::string& path);

}  // namespace m1opt::client::python
