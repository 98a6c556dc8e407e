#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <string>

#include "client/api.h"
#include "client/commands/all.h"
#include "client/interrupt.h"
#include "client/python/check.h"
#include "client/python/setup.h"
#include "client/python/setup_report.h"
#include "client/render/findings.h"
#include "wire/text.h"

namespace m1opt::client {
namespace {

struct PythonWords {
  std::string verb;
  python::Wanted wanted;
  bool yes{false};
  bool json{false};
};

int check_python(const Context& context, bool json) {
  catch_interrupts();
  const auto findings = python::examine(python::this_surroundings(), python::run_program);
  if (!findings) return report(context, findings.error());
  if (json) {
    print_document({wire::to_text(boost::json::object{{"schema", "m1opt.python_check/1"},
                                                      {"version", M1OPT_VERSION},
                                                      {"findings", render::findings_json(*findings)}}),
                    {}});
  } else {
    print(context, render::findings_text(context.style, *findings));
  }
  return exit_status_of(*findings);
}

Expected<void> ask_to_go_on(bool yes) {
  if (yes) return {};
  if (::isatty(STDIN_FILENO) != 1) {
    return Failure{exit_code::kUsage, "python setup: nobody can be asked here, and nothing was changed",
                   "To go on without being asked: --yes"};
  }
  std::fputs("Go on? [y/N] ", stderr);
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return {};
  return Failure{exit_code::kFailure, "nothing was changed", ""};
}

int set_python_up(const Context& context, const PythonWords& words) {
  const auto surroundings = python::this_surroundings();
  const auto plan = python::plan_setup(surroundings, python::run_program, words.wanted);
  if (!plan) return report(context, plan.error());
  if (context.dry_run) {
    if (words.json) {
      print_document({wire::to_text(python::plan_json(*plan)), {}});
    } else {
      print(context, python::plan_text(*plan, context.style));
    }
    return exit_code::kOk;
  }
  // With --json standard output has the document alone.
  if (words.json) {
    std::fputs(python::plan_text(*plan, {}).c_str(), stderr);
  } else {
    print(context, python::plan_text(*plan, context.style));
    std::fflush(stdout);
  }
  if (const auto go = ask_to_go_on(words.yes); !go) return report(context, go.error());
  catch_interrupts();
  python::ProgressLine line;
  const auto outcome = python::perform_setup(surroundings, python::run_program, *plan,
                                             [&](const python::Step& step, const std::string& output) {
                                               line.show(step, output);
                                             });
  line.clear();
  if (!outcome) return report(context, outcome.error());
  if (words.json) {
    print_document({wire::to_text(python::outcome_json(*plan, *outcome)), {}});
  } else {
    print(context, python::outcome_text(*plan, *outcome, context.style));
  }
  return exit_status_of(outcome->findings);
}

}  // namespace

int run_python(Context& context, Arguments& arguments) {
  PythonWords words;
  arguments
      .positional("VERB", words.verb,
                  "check: uv, interpreters and for which processor they are, the environment in force, PyTorch and "
                  "MLX by computing with them | setup DIR: make an environment there with uv")
      .positional("DIR", words.wanted.directory, "For setup: a new or empty directory, or an environment to add to")
      .flag("--mlx", words.wanted.mlx, "For setup: mlx and mlx-lm; on Linux their build for the CPU")
      .flag("--torch", words.wanted.torch, "For setup: PyTorch")
      .option("--python", words.wanted.python, "WHICH", "For setup: 3.12 (when not given), or what else uv takes")
      .flag("--yes", words.yes, "For setup: go on without being asked")
      .flag("--json", words.json, "One document {schema, findings}; of setup also what was run, size and time");
  if (const auto status = arguments.parse(context)) return *status;
  const python::Wanted& wanted = words.wanted;
  const bool plain = wanted.directory.empty() && wanted.python.empty() && !wanted.mlx && !wanted.torch && !words.yes;
  if (words.verb == "check" && plain) return check_python(context, words.json);
  if (words.verb == "setup") return set_python_up(context, words);
  std::string fault = fmt::format("python: unknown \"{}\"", words.verb);
  if (words.verb.empty()) fault = "python: say what";
  if (words.verb == "check") fault = "python check takes --json alone";
  return report(context, {exit_code::kUsage, fault, "Known: check, setup DIR"});
}

}  // namespace m1opt::client
