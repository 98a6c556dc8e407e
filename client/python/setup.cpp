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

namespace fs = std::filesystem;

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

/// What was at the place before anything was run.
enum class Before { nothing, empty_directory, something };

Before look_at(const std::string& directory) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(directory, error))) return Before::nothing;
  return fs::is_empty(directory, error) && !error ? Before::empty_directory : Before::something;
}

/// Back to what was there before; false when not all of it could be removed.
bool clear_away(const std::string& directory, Before before) {
  std::error_code error;
  if (before == Before::nothing) {
    fs::remove_all(directory, error);
    return !error;
  }
  std::vector<fs::path> entries;
  fs::directory_iterator entry(directory, error);
  for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) entries.push_back(entry->path());
  for (const fs::path& each : entries) {
    if (!error) fs::remove_all(each, error);
  }
  return !error;
}

/// Half an environment is none: plan_setup() would refuse it.
std::string undo_beginning(const SetupPlan& plan, Before before) {
  std::error_code ignored;
  if (!fs::exists(plan.directory, ignored)) return fmt::format("{} was not made", plan.directory);
  if (before != Before::something && clear_away(plan.directory, before)) {
    return fmt::format("What uv had begun in {} is removed", plan.directory);
  }
  return fmt::format("{} is left and is no environment: first rm -r {}", plan.directory, plan.directory);
}

std::string left_of(const SetupPlan& plan) {
  const auto use = measure_directory(plan.directory);
  const std::string rest = fmt::format("{} is left with {}: the same command goes on from there", plan.directory,
                                       size_text(use.bytes));
  return plan.kept.empty() ? fmt::format("{}, rm -r {} removes it", rest, plan.directory) : rest;
}

/// What is left stands with the reason, and the way to mend it after that.
Failure with_rest(Failure failure, const std::string& rest) {
  failure.text += fmt::format(". {}", rest);
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
                 fmt::format("The same command with --python {}", native_request(s))};
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
  const Before before = look_at(plan.directory);
  SetupOutcome outcome;
  bool usable = !plan.kept.empty();
  const auto fail = [&](const Failure& failure) {
    return with_rest(failure, usable ? left_of(plan) : undo_beginning(plan, before));
  };
  for (const Step& step : plan.steps) {
    const auto began = std::chrono::steady_clock::now();
    if (const auto done = run_step(run, step, progress); !done) return fail(done.error());
    outcome.step_seconds.push_back(seconds_since(began));
    if (usable) continue;
    const auto native = check_new_python(s, run, plan);
    if (interrupted()) return fail(interruption());
    if (!native) return fail(native.error());
    usable = true;
  }
  if (progress && !plan.imports.empty()) progress({"import the packages and compute", {}, {}}, "");
  auto findings = examine_packages(s, run, python_of(plan.directory), plan.imports, true);
  if (!findings) return fail(findings.error());
  outcome.findings = std::move(*findings);
  outcome.seconds = seconds_since(start);
  outcome.use = measure_directory(plan.directory);
  return outcome;
}

}  // namespace m1opt::client::python
