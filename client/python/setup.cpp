#include "client/python/setup.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "client/interrupt.h"
#include "client/python/check.h"
#include "client/render/format.h"
#include "client/render/text.h"

namespace m1opt::client::python {
namespace {

/// What uv says, and what that means.
struct Known {
  std::string_view said;
  const char* meaning;
  const char* mend;
};
constexpr const char* kAgain = "Check the connection, or HTTPS_PROXY and UV_DEFAULT_INDEX; then the same command again";
constexpr const char* kOtherPython = "Another one: --python 3.12";
constexpr std::array kKnown{
    Known{"No space left on device", "the disk is full", "uv cache prune frees some"},
    Known{"Disk quota exceeded", "the disk quota is used up", "uv cache prune frees some"},
    Known{"Network connectivity is disabled", "uv is told to stay offline", "Without UV_OFFLINE, the same command again"},
    Known{"dns error", "there is no network", kAgain},
    Known{"error sending request", "there is no network", kAgain},
    Known{"tcp connect error", "there is no network", kAgain},
    Known{"Could not connect", "there is no network", kAgain},
    Known{"Failed to fetch", "the package index does not answer as it should", kAgain},
    Known{"Permission denied", "it is not permitted there", "Name a directory of your own"},
    Known{"No interpreter found", "uv finds no such Python", kOtherPython},
    Known{"No download found", "uv finds no such Python", kOtherPython},
    Known{"No solution found", "no version of the packages fits this Python and system", kOtherPython},
};

/// The line in which uv says what failed.
std::string error_line(const std::string& output) {
  const std::size_t start = output.find("error: ");
  if (start == std::string::npos) return last_line(output);
  const std::string first = render::printable(output.substr(start + 7, output.find('\n', start) - start - 7));
  const std::string last = last_line(output);
  return last.find(first) != std::string::npos ? first : fmt::format("{}; {}", first, last);
}

std::string left_of(const SetupPlan& plan) {
  std::error_code ignored;
  if (!std::filesystem::exists(plan.directory, ignored)) return fmt::format("{} was not made", plan.directory);
  const auto use = measure_directory(plan.directory);
  return fmt::format("{} is left with {}: the same command goes on from there, rm -r {} removes it", plan.directory,
                     size_text(use.bytes), plan.directory);
}

/// What is left stands with the reason, and the way to mend it after that.
Failure with_rest(Failure failure, const SetupPlan& plan) {
  failure.text += fmt::format(". {}", left_of(plan));
  return failure;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return base::seconds_of(std::chrono::steady_clock::now() - start);
}

Expected<void> run_step(const Runner& run, const Step& step, const Progress& progress) {
  const auto ran = run({step.words, step.patience, [&](const std::string& output) {
                          if (progress) progress(step, output);
                        }});
  if (!ran) return ran.error();
  if (progress) progress(step, ran->output);
  if (ran->status != 0 || ran->timed_out) return explain_uv(step, *ran);
  return {};
}

/// uv may have taken a Python of another processor that it found before a native one.
Expected<void> check_new_python(const Surroundings& s, const Runner& run, const SetupPlan& plan) {
  const auto interpreter = ask_interpreter(run, python_of(plan.directory));
  if (!interpreter) {
    return Failure{exit_code::kFailure, fmt::format("its Python does not run: {}", interpreter.error().text), ""};
  }
  if (!is_foreign(s, interpreter->machine)) return {};
  return Failure{exit_code::kFailure,
                 fmt::format("uv took a Python for {} ({}), and this machine is {}", usual_name(interpreter->machine),
                             interpreter->base_prefix, s.machine),
                 fmt::format("rm -r {}, then with --python {}", plan.directory, native_request(s))};
}

}  // namespace

Failure explain_uv(const Step& step, const CallResult& ran) {
  if (ran.timed_out) {
    return {exit_code::kTimedOut,
            fmt::format("uv was ended after {}", render::format_duration(base::seconds_of(step.patience))),
            "What it has fetched is kept: the same command again"};
  }
  const std::string line = error_line(ran.output);
  for (const Known& known : kKnown) {
    if (ran.output.find(known.said) == std::string::npos) continue;
    return {exit_code::kFailure, fmt::format("{} ({})", known.meaning, line), known.mend};
  }
  return {exit_code::kFailure, fmt::format("uv exited with {}: {}", ran.status, line), ""};
}

Expected<SetupOutcome> perform_setup(const Surroundings& s, const Runner& run, const SetupPlan& plan,
                                     const Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  SetupOutcome outcome;
  bool looked_at = !plan.kept.empty();
  for (const Step& step : plan.steps) {
    const auto began = std::chrono::steady_clock::now();
    if (const auto done = run_step(run, step, progress); !done) return with_rest(done.error(), plan);
    outcome.step_seconds.push_back(seconds_since(began));
    if (looked_at) continue;
    looked_at = true;
    const auto native = check_new_python(s, run, plan);
    if (interrupted()) return with_rest(interruption(), plan);
    if (!native) return with_rest(native.error(), plan);
  }
  if (progress && !plan.imports.empty()) progress({"import the packages and compute", {}, {}}, "");
  auto findings = examine_packages(s, run, python_of(plan.directory), plan.imports, true);
  if (!findings) return with_rest(findings.error(), plan);
  outcome.findings = std::move(*findings);
  outcome.seconds = seconds_since(start);
  outcome.use = measure_directory(plan.directory);
  return outcome;
}

}  // namespace m1opt::client::python
