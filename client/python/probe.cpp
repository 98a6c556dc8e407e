#include "client/python/probe.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "client/json_view.h"
#include "client/render/text.h"
#include "wire/text.h"

namespace m1opt::client::python {
namespace {

using boost::json::value;

constexpr std::string_view kMark = "m1opt-probe: ";
constexpr int kInterpreterSeconds = 30;
constexpr int kPackageSeconds = 120;
/// Beyond the time that the probe gives itself.
constexpr int kMoreSeconds = 5;
/// Of the two matrices of probe.py.
constexpr std::array kProduct{19.0, 22.0, 43.0, 50.0};
constexpr double kLargestOf = 2;  ///< the index of the largest number that it lets mlx_lm choose from

Expected<value> answer_in(std::string_view output) {
  const std::size_t start = output.rfind(kMark);
  if (start == std::string_view::npos) {
    const std::string said = last_line(std::string(output));
    return Failure{exit_code::kFailure, said.empty() ? "it says nothing" : "it says: " + said, ""};
  }
  std::string_view line = output.substr(start + kMark.size());
  line = line.substr(0, line.find('\n'));
  auto parsed = wire::parse_json(line);
  if (!parsed || !parsed->is_object()) return Failure{exit_code::kFailure, "its answer cannot be read", ""};
  return std::move(*parsed);
}

std::string told(const value& answer, std::string_view path) { return render::printable(text_at(answer, path)); }

bool is_right(const boost::json::array& product) {
  if (product.size() != kProduct.size()) return false;
  for (std::size_t i = 0; i < kProduct.size(); ++i) {
    // A GPU may compute with fewer digits than these have.
    if (!product[i].is_number() || std::abs(product[i].to_number<double>() - kProduct[i]) > 0.01) return false;
  }
  return true;
}

bool has_computed(const value& answer, const std::string& package) {
  if (package != "mlx_lm") return is_right(list_at(answer, "product"));
  return flag_at(answer, "loads") && number_at(answer, "sampled") == kLargestOf;
}

Expected<CallResult> ask(const Runner& run, const std::string& python, const std::string& what, int seconds) {
  return run({{python, "-c", std::string(kProbeProgram), what, std::to_string(seconds)},
              std::chrono::seconds(seconds + kMoreSeconds)});
}

std::string end_of(const CallResult& ran) {
  constexpr int kAlarm = 128 + 14;
  if (ran.timed_out || ran.status == kAlarm) return "it did not end in time";
  if (ran.status > 128) return fmt::format("signal {} ended it", ran.status - 128);
  return fmt::format("it exited with {}", ran.status);
}

}  // namespace

Expected<Interpreter> parse_interpreter(std::string_view output) {
  const auto answer = answer_in(output);
  if (!answer) return answer.error();
  Interpreter interpreter{told(*answer, "executable"), told(*answer, "implementation"), told(*answer, "version"),
                          told(*answer, "machine"),    told(*answer, "macos"),          told(*answer, "prefix"),
                          told(*answer, "base_prefix")};
  if (interpreter.version.empty() || interpreter.machine.empty()) {
    return Failure{exit_code::kFailure, "it does not tell its version and processor", ""};
  }
  return interpreter;
}

Expected<Package> parse_package(std::string_view output) {
  const auto answer = answer_in(output);
  if (!answer) return answer.error();
  Package package;
  package.name = told(*answer, "package");
  if (package.name.empty()) return Failure{exit_code::kFailure, "its answer names no package", ""};
  package.installed = flag_at(*answer, "installed");
  package.version = told(*answer, "version");
  package.error = told(*answer, "error");
  package.device = told(*answer, "device");
  package.device_name = told(*answer, "device_name");
  package.mps_built = flag_at(*answer, "mps_built");
  package.mps_available = flag_at(*answer, "mps_available");
  package.metal = flag_at(*answer, "metal");
  package.cuda = told(*answer, "cuda");
  package.hip = told(*answer, "hip");
  const auto limit = number_at(*answer, "recommended_bytes");
  if (limit && *limit > 0 && *limit < 1e18) package.recommended_bytes = static_cast<std::int64_t>(*limit);
  package.computes = package.installed && package.error.empty() && has_computed(*answer, package.name);
  if (package.installed && package.error.empty() && !package.computes) package.error = "it computes a wrong result";
  return package;
}

Expected<Interpreter> ask_interpreter(const Runner& run, const std::string& python) {
  const auto ran = ask(run, python, "python", kInterpreterSeconds);
  if (!ran) return ran.error();
  auto interpreter = parse_interpreter(ran->output);
  if (interpreter || ran->status == 0) return interpreter;
  return Failure{exit_code::kFailure, fmt::format("{}; {}", end_of(*ran), interpreter.error().text), ""};
}

Expected<Package> ask_package(const Runner& run, const std::string& python, const std::string& name) {
  const auto ran = ask(run, python, name, kPackageSeconds);
  if (!ran) return ran.error();
  auto package = parse_package(ran->output);
  if (package) return package;
  Package broken;
  broken.name = name;
  broken.installed = true;
  broken.error = fmt::format("while it was imported: {}; {}", end_of(*ran), package.error().text);
  return broken;
}

std::optional<std::pair<int, int>> release_of(const std::string& version) {
  int major = 0;
  int minor = 0;
  const char* const end = version.data() + version.size();
  const auto [dot, error] = std::from_chars(version.data(), end, major);
  if (error != std::errc{} || dot == end || *dot != '.') return std::nullopt;
  if (std::from_chars(dot + 1, end, minor).ec != std::errc{}) return std::nullopt;
  return std::pair(major, minor);
}

}  // namespace m1opt::client::python
