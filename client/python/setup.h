#pragma once

#include <functional>
#include <string>
#include <vector>

#include "client/doctor.h"
#include "client/python/disk.h"
#include "client/python/program.h"
#include "client/python/surroundings.h"

/// `m1optctl python setup`: an environment made by uv.
namespace m1opt::client::python {

struct Wanted {
  std::string directory;
  std::string python;  ///< as uv takes it: 3.12, a name, a path; "" when nothing was asked for
  bool mlx{false};
  bool torch{false};
};

struct Step {
  std::string what;  ///< "make the environment"
  std::vector<std::string> words;
  base::Duration patience{};
};

struct SetupPlan {
  std::string directory;  ///< absolute
  std::string kept;       ///< of an environment that is there already: its Python; "" when it is made
  std::vector<Step> steps;
  std::vector<std::string> imports;  ///< that must compute afterwards
  std::uint64_t free_bytes{0};       ///< of the volume
};

/// What would be run; changes nothing. Fails when it must not be: no uv, no place for it, no MLX here,
/// root in somebody else's directory.
Expected<SetupPlan> plan_setup(const Surroundings& surroundings, const Runner& run, const Wanted& wanted);

struct SetupOutcome {
  std::vector<double> step_seconds;
  std::vector<Finding> findings;
  DiskUse use;
  double seconds{0};
};

/// How a step goes on, several times a second: all that it has said.
using Progress = std::function<void(const Step& step, const std::string& output)>;

/// Runs the steps, then imports and computes. A failure says what is left of it.
Expected<SetupOutcome> perform_setup(const Surroundings& surroundings, const Runner& run, const SetupPlan& plan,
                                     const Progress& progress);

/// Why uv failed, from what it said: no network, no space, no such package or Python, or its own words.
Failure explain_uv(const Step& step, const CallResult& ran);

}  // namespace m1opt::client::python
