#include "client/python/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "client/interrupt.h"
#include "client/python/judgement.h"
#include "client/python/sharing.h"
#include "client/python/trust.h"

namespace m1opt::client::python {
namespace {

constexpr std::chrono::seconds kUvTime{20};

Finding finding_of(std::string id, std::string group, FindingResult result, std::string finding, std::string evidence,
                   std::string fix) {
  return {std::move(id), std::move(group), result, std::move(finding), std::move(evidence), std::move(fix)};
}

/// uv takes the Pythons of the processor that it is made for itself.
std::optional<Finding> examine_processor_of(const Surroundings& s, const std::string& uv) {
  const auto processors = processors_of_program(uv);
  if (processors.empty() || std::find(processors.begin(), processors.end(), s.machine) != processors.end()) {
    return std::nullopt;
  }
  return finding_of("python.uv_processor", "uv", FindingResult::fail, "uv is made for another processor",
                    fmt::format("{} is for {}, this machine is {}: it makes environments for that one", uv,
                                fmt::join(processors, ", "), s.machine),
                    fmt::format("rm {}, then in a native terminal: {}", uv, uv_install_hint(s.mac)));
}

std::vector<Finding> examine_uv(const Surroundings& s, const Runner& run, const std::optional<std::string>& uv) {
  if (!uv) {
    return {finding_of("python.uv", "uv", FindingResult::fail, "uv is not installed",
                       fmt::format("not in PATH, nor at {}", fmt::join(usual_uv_places(s), ", ")), uv_install_hint(s.mac))};
  }
  const auto ran = run({{*uv, "--version"}, kUvTime});
  const bool answers = ran && ran->status == 0 && ran->output.starts_with("uv ");
  const std::string said = ran ? last_line(ran->output) : ran.error().text;
  std::vector<Finding> findings{
      finding_of("python.uv", "uv", answers ? FindingResult::pass : FindingResult::fail,
                 answers ? "uv is installed" : "uv does not run", fmt::format("{}: {}", *uv, said),
                 answers ? "" : uv_install_hint(s.mac))};
  if (auto foreign = examine_processor_of(s, *uv)) findings.push_back(std::move(*foreign));
  return findings;
}

std::string described(const std::string& path, const Interpreter& interpreter) {
  return fmt::format("{}: {} {} for {}", path, interpreter.implementation, interpreter.version,
                     usual_name(interpreter.machine));
}

/// Another processor's Python is a fault where it is the one that is used; elsewhere uv may still choose it.
Finding judge_interpreter(const Surroundings& s, const std::string& path, const Interpreter& interpreter, bool first) {
  const std::string id = "python.interpreter." + path;
  if (!is_foreign(s, interpreter.machine)) {
    return finding_of(id, "Interpreters", FindingResult::pass, "Python is native", described(path, interpreter), "");
  }
  const auto processors = processors_of_program(path);
  return finding_of(
      id, "Interpreters", first ? FindingResult::fail : FindingResult::skipped,
      s.mac ? "this Python runs under Rosetta: no MLX, no MPS, and slow" : "this Python is for another processor",
      fmt::format("{}, this machine is {}{}", described(path, interpreter), s.machine,
                  processors.empty() ? "" : fmt::format("; the file is for {}", fmt::join(processors, " and "))),
      fmt::format("uv python install {}", native_request(s)));
}

/// Under whatever name it was started.
std::string file_of(const Interpreter& interpreter) {
  std::error_code error;
  const auto file = std::filesystem::canonical(interpreter.executable, error);
  return error ? interpreter.executable : file.string();
}

struct Interpreters {
  std::vector<Finding> findings;
  std::string first;  ///< that answers
};

Expected<Interpreters> examine_interpreters(const Surroundings& s, const Runner& run) {
  std::string first;
  std::vector<Finding> findings;
  std::vector<std::string> silent;
  std::string why;
  std::vector<std::string> known;
  for (const std::string& path : find_interpreters(s)) {
    const auto interpreter = ask_interpreter(run, path);
    if (interrupted()) return interruption();
    if (!interpreter) {
      if (silent.empty()) why = interpreter.error().text;
      silent.push_back(path);
      continue;
    }
    // A script that starts another one says which.
    std::string file = file_of(*interpreter);
    if (std::find(known.begin(), known.end(), file) != known.end()) continue;
    findings.push_back(judge_interpreter(s, path, *interpreter, known.empty()));
    if (known.empty()) first = path;
    known.push_back(std::move(file));
  }
  if (!silent.empty()) {
    findings.push_back(finding_of("python.interpreter.silent", "Interpreters", FindingResult::skipped,
                                  "programs of that name do not answer",
                                  fmt::format("{}; of the first: {}", fmt::join(silent, ", "), why), ""));
  }
  if (known.empty()) {
    findings.push_back(finding_of("python.interpreter", "Interpreters", FindingResult::skipped,
                                  "no Python is installed", "uv brings its own",
                                  fmt::format("uv python install {}", native_request(s))));
  }
  return Interpreters{std::move(findings), std::move(first)};
}

Finding no_environment(const Surroundings& s) {
  return finding_of("python.environment", "Environment", FindingResult::skipped, "no environment is in force",
                    fmt::format("no VIRTUAL_ENV, no CONDA_PREFIX, no .venv in {} or above", s.directory),
                    s.mac ? "m1optctl python setup .venv --mlx" : "m1optctl python setup .venv --torch");
}

Finding judge_environment(const Surroundings& s, const Environment& environment,
                          const Expected<Interpreter>& interpreter) {
  const std::string python = python_of(environment.directory);
  const std::string again =
      fmt::format("rm -r {0}, then: m1optctl python setup {0} --python {1}", environment.directory, native_request(s));
  if (!interpreter) {
    return finding_of("python.environment", "Environment", FindingResult::fail,
                      "the environment's Python does not run",
                      fmt::format("{} ({}): {}", python, environment.why, interpreter.error().text), again);
  }
  const std::string evidence = fmt::format("{} ({}), made from {}", described(python, *interpreter), environment.why,
                                           interpreter->base_prefix);
  if (is_foreign(s, interpreter->machine)) {
    return finding_of("python.environment", "Environment", FindingResult::fail,
                      s.mac ? "the environment runs under Rosetta: no MLX, no MPS, and slow"
                            : "the environment is for another processor",
                      fmt::format("{}; this machine is {}", evidence, s.machine), again);
  }
  return finding_of("python.environment", "Environment", FindingResult::pass, "an environment is in force", evidence,
                    "");
}

Finding not_started(const Environment& environment, const std::string& stranger) {
  return finding_of("python.environment", "Environment", FindingResult::fail, "the environment was not started",
                    fmt::format("{} ({}): not started: {}, who could have any program run by it", environment.directory,
                                environment.why, stranger),
                    "Look at it as that user, or make one of your own: m1optctl python setup DIR");
}

void add(std::vector<Finding>& all, std::vector<Finding> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

std::string uv_install_hint(bool mac) {
  const std::string script = "curl -LsSf https://astral.sh/uv/install.sh | sh";
  return mac ? "brew install uv, or: " + script : script;
}

std::string native_request(const Surroundings& s) {
  const std::string processor = s.machine == "arm64" ? "aarch64" : s.machine;
  return s.mac ? fmt::format("cpython-3.12-macos-{}-none", processor)
               : fmt::format("cpython-3.12-linux-{}-{}", processor, s.glibc ? "gnu" : "musl");
}

bool is_foreign(const Surroundings& s, const std::string& machine) {
  return !s.machine.empty() && usual_name(machine) != s.machine;
}

Expected<std::vector<Finding>> examine_packages(const Surroundings& s, const Runner& run, const std::string& python,
                                                const std::vector<std::string>& names, bool must) {
  const auto interpreter = ask_interpreter(run, python);
  if (interrupted()) return interruption();
  if (!interpreter) {
    return std::vector{finding_of("python.packages", "Packages", must ? FindingResult::fail : FindingResult::skipped,
                                  "packages were not looked at",
                                  fmt::format("{}: {}", python, interpreter.error().text), "")};
  }
  std::vector<Finding> findings;
  for (const std::string& name : names) {
    const auto package = ask_package(run, python, name);
    if (interrupted()) return interruption();
    if (!package) return package.error();
    findings.push_back(judge_package(s, python, *interpreter, *package, must));
  }
  return findings;
}

Expected<std::vector<Finding>> examine(const Surroundings& s, const Runner& run) {
  const auto uv = find_uv(s);
  std::vector<Finding> findings = examine_uv(s, run, uv);
  if (interrupted()) return interruption();
  auto interpreters = examine_interpreters(s, run);
  if (!interpreters) return interpreters.error();
  add(findings, std::move(interpreters->findings));
  const auto environment = find_environment(s);
  std::string python = interpreters->first;
  if (environment) {
    if (const auto stranger = find_stranger_in(environment->directory)) {
      findings.push_back(not_started(*environment, *stranger));
      return findings;
    }
    python = python_of(environment->directory);
    const auto interpreter = ask_interpreter(run, python);
    if (interrupted()) return interruption();
    findings.push_back(judge_environment(s, *environment, interpreter));
    if (!interpreter) return findings;
  } else {
    findings.push_back(no_environment(s));
    if (python.empty()) return findings;
  }
  auto packages = examine_packages(s, run, python, {"torch", "mlx", "mlx_lm"}, false);
  if (!packages) return packages.error();
  add(findings, std::move(*packages));
  if (uv && environment) findings.push_back(examine_sharing(run, *uv, environment->directory));
  if (interrupted()) return interruption();
  return findings;
}

}  // namespace m1opt::client::python
