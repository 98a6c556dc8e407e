#include "client/python/judgement.h"

#include <fmt/format.h>

#include "client/python/check.h"
#include "client/render/format.h"
#include "client/shell_words.h"

namespace m1opt::client::python {
namespace {

/// The oldest Python that MLX and PyTorch are made for.
constexpr std::pair kOldestPython{3, 10};
/// The oldest C library that MLX for Linux is made for.
constexpr std::pair kOldestGlibc{2, 35};
constexpr std::pair kOldestMacos{14, 0};

std::string title_of(const std::string& name) {
  if (name == "torch") return "PyTorch";
  return name == "mlx" ? "MLX" : "mlx_lm";
}

std::string install_line(const std::string& python, const std::vector<std::string>& packages, bool again = false) {
  std::vector<std::string> words{"uv", "pip", "install"};
  if (again) words.emplace_back("--reinstall");
  words.insert(words.end(), {"--python", python});
  words.insert(words.end(), packages.begin(), packages.end());
  return command_line(words);
}

std::vector<std::string> packages_for(const Surroundings& s, const std::string& name) {
  if (name == "torch") return {"torch"};
  return mlx_packages(s.mac);
}

/// Why this Python in particular can have none.
std::string why_not_here(const Surroundings& s, const Interpreter& interpreter, const std::string& name) {
  if (name == "torch") return {};
  const auto macos = release_of(interpreter.macos + ".0");
  if (s.mac && macos && *macos < kOldestMacos) {
    return fmt::format("MLX is for macOS 14 and newer, this is {}", interpreter.macos);
  }
  if (s.mac && is_foreign(s, interpreter.machine)) return "MLX is for a native Python only, and this one runs under Rosetta";
  return why_no_mlx(s, interpreter.version);
}

Finding judge_absent(const Surroundings& s, const std::string& python, const Interpreter& interpreter,
                     const Package& package, bool must) {
  const std::string reason = why_not_here(s, interpreter, package.name);
  return {"python." + package.name,
          "Packages",
          must ? FindingResult::fail : FindingResult::skipped,
          fmt::format("{} is not installed", title_of(package.name)),
          reason.empty() ? fmt::format("not in {}", python) : fmt::format("not in {}, and cannot be: {}", python, reason),
          reason.empty() ? install_line(python, packages_for(s, package.name)) : ""};
}

struct Verdict {
  bool good{true};
  std::string finding;
  std::string evidence;
};

Verdict judge_torch(const Surroundings& s, const Package& package) {
  if (package.device == "mps") return {true, "PyTorch computes on the GPU (MPS)", ""};
  if (s.mac) {
    return {false, "PyTorch has no MPS, so it computes on the CPU only",
            package.mps_built ? "built with MPS, which is not available: it needs macOS 12.3 or newer and a native Python"
                              : "built without MPS"};
  }
  if (package.device == "cuda") {
    const bool rocm = !package.hip.empty();
    return {true, fmt::format("PyTorch computes on the GPU ({})", rocm ? "ROCm" : "CUDA"),
            fmt::format("{}, for {} {}", package.device_name, rocm ? "ROCm" : "CUDA", rocm ? package.hip : package.cuda)};
  }
  std::string built = "built for neither CUDA nor ROCm";
  if (!package.cuda.empty()) built = fmt::format("built for CUDA {}, which finds no GPU here", package.cuda);
  if (!package.hip.empty()) built = fmt::format("built for ROCm {}, which finds no GPU here", package.hip);
  return {true, "PyTorch computes on the CPU", built};
}

Verdict judge_mlx(const Surroundings& s, const Package& package) {
  const bool gpu = package.device == "gpu";
  if (!s.mac) return {true, fmt::format("MLX computes on the {}", gpu ? "GPU (CUDA)" : "CPU"), package.device_name};
  if (!gpu) {
    return {false, "MLX computes on the CPU only",
            package.metal ? "Metal is available, but not the default device" : "Metal is not available"};
  }
  std::string evidence = package.device_name;
  if (package.recommended_bytes) {
    evidence += fmt::format("{}Metal recommends {} at the most", evidence.empty() ? "" : ", ",
                            render::format_bytes(static_cast<double>(*package.recommended_bytes)));
  }
  return {true, "MLX computes on the GPU (Metal)", evidence};
}

Verdict judge_usable(const Surroundings& s, const Package& package) {
  if (package.name == "torch") return judge_torch(s, package);
  if (package.name == "mlx") return judge_mlx(s, package);
  return {true, "mlx_lm can be used", "it loads, and chooses a token as it should"};
}

}  // namespace

std::vector<std::string> mlx_packages(bool mac) {
  return {mac ? "mlx" : "mlx[cpu]", "mlx-lm"};
}

std::string why_no_mlx(const Surroundings& s, const std::string& python_version) {
  const auto release = release_of(python_version);
  if (release && *release < kOldestPython) {
    return fmt::format("MLX is for Python 3.10 and newer, this is {}", python_version);
  }
  if (s.mac) return s.machine == "arm64" ? "" : "MLX is for Apple Silicon, and this Mac has an Intel processor";
  if (s.machine != "x86_64" && s.machine != "arm64") {
    return fmt::format("MLX for Linux is built for x86_64 and arm64, this is {}", s.machine);
  }
  if (!s.glibc) return "MLX for Linux needs glibc 2.35 or newer, and this system has another C library";
  const auto glibc = release_of(*s.glibc);
  if (glibc && *glibc < kOldestGlibc) return fmt::format("MLX for Linux needs glibc 2.35 or newer, this is {}", *s.glibc);
  return {};
}

Finding judge_package(const Surroundings& s, const std::string& python, const Interpreter& interpreter,
                      const Package& package, bool must) {
  if (!package.installed) return judge_absent(s, python, interpreter, package, must);
  const std::string id = "python." + package.name;
  const std::string what = fmt::format("{} {} in {}", package.name,
                                       package.version.empty() ? "(its version is not known)" : package.version, python);
  if (!package.error.empty()) {
    return {id, "Packages", FindingResult::fail, fmt::format("{} does not work", title_of(package.name)),
            fmt::format("{}: {}", what, package.error), install_line(python, packages_for(s, package.name), true)};
  }
  const Verdict verdict = judge_usable(s, package);
  const std::string evidence = verdict.evidence.empty() ? what : fmt::format("{}: {}", what, verdict.evidence);
  return {id, "Packages", verdict.good ? FindingResult::pass : FindingResult::fail, verdict.finding, evidence,
          verdict.good ? "" : install_line(python, packages_for(s, package.name), true)};
}

}  // namespace m1opt::client::python
