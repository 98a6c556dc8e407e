#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "client/python/check.h"
#include "client/python/judgement.h"
#include "client/python/setup.h"
#include "client/python/trust.h"

namespace m1opt::client::python {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUsualPython = "3.12";
/// The first uv that finds out by itself which PyTorch the GPU here wants, without calling it a preview.
constexpr std::pair kKnowsBackends{0, 8};
constexpr std::chrono::minutes kVenvTime{15};  // it may have to fetch a Python
constexpr std::chrono::minutes kInstallTime{120};
constexpr std::chrono::seconds kVersionTime{20};

Failure refuse(std::string why, std::string mend = {}) {
  return {exit_code::kFailure, std::move(why), std::move(mend)};
}

/// What root makes in a user's directory the user cannot change any more. That counts for uv's cache,
/// too: sudo may leave HOME as it is.
Expected<void> check_owner(const Surroundings& s, const std::string& directory) {
  if (s.uid != 0) return {};
  for (const std::string& place : {directory, s.home}) {
    const std::string there = nearest_existing(place);
    struct stat about {};
    if (::stat(there.c_str(), &about) != 0 || about.st_uid == 0) continue;
    return Failure{exit_code::kNotPermitted,
                   fmt::format("{} belongs to uid {}, and this is root: its owner could not change what is made there",
                               there, about.st_uid),
                   "Run it as that user, without sudo"};
  }
  return {};
}

Expected<void> check_place(const std::string& directory) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(directory, ignored)) || is_environment(directory)) return {};
  if (!fs::is_directory(directory, ignored)) {
    return refuse(directory + " is there, and is no directory", "Name another one");
  }
  if (fs::is_empty(directory, ignored)) return {};
  return refuse(directory + " has something in it, and is no environment: nothing was changed", "Name another one");
}

Expected<std::string> check_words(const Surroundings& s, const Wanted& wanted) {
  if (wanted.directory.empty()) return Failure{exit_code::kUsage, "python setup: say where", "See: m1optctl help python"};
  const auto is_odd = [](const std::string& text) {
    return text.starts_with('-') || text.find_first_of("\n\r\t\x1b") != std::string::npos;
  };
  if (is_odd(wanted.directory) || is_odd(wanted.python)) {
    return Failure{exit_code::kUsage, "python setup: a directory and a Python begin with no dash", ""};
  }
  fs::path path = (fs::path(s.directory) / wanted.directory).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  return path.string();
}

Expected<void> check_mlx(const Surroundings& s, const Wanted& wanted) {
  if (!wanted.mlx) return {};
  const std::string why = why_no_mlx(s, wanted.python);
  if (why.empty()) return {};
  return refuse(why, wanted.torch ? "Leave out --mlx" : "PyTorch can be had: --torch");
}

/// The version of uv, which must run on this processor.
Expected<std::pair<int, int>> check_uv(const Surroundings& s, const Runner& run, const std::string& uv) {
  const auto processors = processors_of_program(uv);
  if (s.mac && !processors.empty() && std::find(processors.begin(), processors.end(), s.machine) == processors.end()) {
    return refuse(fmt::format("{} is for {}: its environments would run under Rosetta", uv, fmt::join(processors, ", ")),
                  "In a native terminal: " + uv_install_hint(true));
  }
  const auto ran = run({{uv, "--version"}, kVersionTime});
  if (!ran) return ran.error();
  if (ran->status != 0 || !ran->output.starts_with("uv ")) {
    return refuse(fmt::format("{} does not run: {}", uv, last_line(ran->output)), uv_install_hint(s.mac));
  }
  return release_of(ran->output.substr(3)).value_or(std::pair{0, 0});
}

/// Of an environment that is there already; it must have the Python that is asked for.
Expected<std::string> check_kept(const Surroundings& s, const Runner& run, const std::string& directory,
                                 const std::string& wanted) {
  const std::string again = fmt::format("To begin anew: rm -r {}", directory);
  if (const auto stranger = find_stranger_in(directory)) {
    return Failure{exit_code::kNotPermitted, fmt::format("{} is not started: {}", directory, *stranger), "Name another one"};
  }
  const auto interpreter = ask_interpreter(run, python_of(directory));
  if (!interpreter) {
    return refuse(fmt::format("{} is an environment whose Python does not run: {}", directory, interpreter.error().text),
                  again);
  }
  if (is_foreign(s, interpreter->machine)) {
    return refuse(fmt::format("{} is an environment for {}, this machine is {}", directory, interpreter->machine, s.machine),
                  again);
  }
  const auto asked = release_of(wanted);
  if (asked && *asked != release_of(interpreter->version)) {
    return refuse(fmt::format("{} is an environment with Python {}, not {}", directory, interpreter->version, wanted), again);
  }
  return fmt::format("{} {}", interpreter->implementation, interpreter->version);
}

std::vector<std::string> packages_of(const Surroundings& s, const Wanted& wanted) {
  std::vector<std::string> packages;
  if (wanted.torch) packages.emplace_back("torch");
  if (!wanted.mlx) return packages;
  for (std::string& each : mlx_packages(s.mac)) packages.push_back(std::move(each));
  return packages;
}

/// Only what is built already: to build a package is to run its program, whatever it does.
Step install_step(const Surroundings& s, const Wanted& wanted, const std::string& uv, std::pair<int, int> version,
                  const std::string& python) {
  std::vector<std::string> words{uv, "pip", "install", "--python", python, "--only-binary", ":all:"};
  if (wanted.torch && !s.mac && !s.torch_choice && version >= kKnowsBackends) {
    words.insert(words.end(), {"--torch-backend", "auto"});
  }
  for (std::string& each : packages_of(s, wanted)) words.push_back(std::move(each));
  return {"install the packages", std::move(words), kInstallTime};
}

}  // namespace

Expected<SetupPlan> plan_setup(const Surroundings& s, const Runner& run, const Wanted& wanted) {
  const auto directory = check_words(s, wanted);
  if (!directory) return directory.error();
  if (const auto owner = check_owner(s, *directory); !owner) return owner.error();
  if (const auto place = check_place(*directory); !place) return place.error();
  if (const auto mlx = check_mlx(s, wanted); !mlx) return mlx.error();
  const auto uv = find_uv(s);
  if (!uv) return refuse("uv is not installed", "Install it: " + uv_install_hint(s.mac));
  const auto version = check_uv(s, run, *uv);
  if (!version) return version.error();

  SetupPlan plan;
  plan.directory = *directory;
  if (is_environment(*directory)) {
    const auto kept = check_kept(s, run, *directory, wanted.python);
    if (!kept) return kept.error();
    plan.kept = *kept;
  } else {
    const std::string python = wanted.python.empty() ? kUsualPython : wanted.python;
    plan.steps.push_back({"make the environment", {*uv, "venv", "--python", python, *directory}, kVenvTime});
  }
  if (wanted.torch || wanted.mlx) {
    plan.steps.push_back(install_step(s, wanted, *uv, *version, python_of(*directory)));
  }
  if (wanted.torch) plan.imports.emplace_back("torch");
  if (wanted.mlx) plan.imports.insert(plan.imports.end(), {"mlx", "mlx_lm"});
  std::error_code error;
  const auto space = fs::space(nearest_existing(*directory), error);
  if (!error) plan.free_bytes = space.available;
  return plan;
}

}  // namespace m1opt::client::python
