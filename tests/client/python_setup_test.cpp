#include "client/python/setup.h"

#include <sys/stat.h>
#include <unistd.h>

#include "client/python/setup_report.h"
#include "client/python_rig.h"
#include "client/shell_words.h"
#include "support/catch.h"
#include "support/needs_root.h"
#include "wire/text.h"

using namespace m1opt;
using namespace m1opt::client::python;
using client::FindingResult;
using test::has;
using test::interpreter_says;
using test::PythonRig;

namespace {

Wanted wanted(const std::string& directory, bool mlx = false, bool torch = false, const std::string& python = "") {
  return {directory, python, mlx, torch};
}

client::Failure refusal(PythonRig& rig, const Wanted& what) {
  const auto plan = plan_setup(rig.about, rig.runner(), what);
  REQUIRE_FALSE(plan);
  return plan.error();
}

/// uv as it would be: it makes the directory, and a Python for this processor in it.
void let_uv_work(PythonRig& rig, const std::string& machine) {
  const std::string place = rig.directory / "project/env";
  rig.acts = [&rig, place, machine](const Call& call) {
    if (call.words[1] != "venv") return;
    rig.environment("project/env", {{"python", interpreter_says(machine)},
                                    {"mlx", test::package_says("mlx", R"(, "device": "gpu")" + test::kRightProduct)},
                                    {"mlx_lm", test::package_says("mlx_lm", R"(, "loads": true, "sampled": 2)")},
                                    {"torch", test::package_absent("torch")}});
  };
  const std::string uv = rig.directory / "bin/uv";
  rig.answers[uv + " venv --python 3.12 " + place] = "Creating virtual environment\n";
  rig.answers[uv + " pip install --python " + place + "/bin/python --only-binary :all: mlx mlx-lm"] = "Installed 2 packages\n";
  rig.answers[uv + " pip install --python " + place + "/bin/python --only-binary :all: torch"] = "Installed 1 package\n";
}

}  // namespace

TEST_CASE("the plan has uv's two commands, and is read by a person") {
  PythonRig rig;
  const std::string uv = rig.uv();
  const auto plan = plan_setup(rig.about, rig.runner(), wanted("env/", true)).value();
  const std::string place = rig.directory / "project/env";
  CHECK(plan.directory == place);
  REQUIRE(plan.steps.size() == 2);
  CHECK(plan.steps[0].words == std::vector<std::string>{uv, "venv", "--python", "3.12", place});
  CHECK(plan.steps[1].words == std::vector<std::string>{uv, "pip", "install", "--python", place + "/bin/python",
                                                        "--only-binary", ":all:", "mlx", "mlx-lm"});
  const std::string text = plan_text(plan, {});
  CHECK(has(text, fmt::format("A new environment in {}. To be run:\n  {} venv --python 3.12 {}\n", place, uv, place)));
  CHECK(has(text, "Then mlx, mlx_lm are imported, and must compute. Free on that volume: "));
  CHECK(rig.calls == std::vector<std::string>{uv + " --version"});
}

TEST_CASE("on Linux MLX is its build for the CPU, and uv finds out which PyTorch fits the GPU") {
  PythonRig rig(false);
  rig.uv();
  const auto line = [&] {
    const auto plan = plan_setup(rig.about, rig.runner(), wanted("env", true, true)).value();
    return client::command_line(plan.steps.back().words);
  };
  CHECK(line().ends_with("--only-binary :all: --torch-backend auto torch 'mlx[cpu]' mlx-lm"));
  rig.about.torch_choice = true;
  CHECK(line().ends_with("--only-binary :all: torch 'mlx[cpu]' mlx-lm"));
  rig.about.torch_choice = false;
  rig.answers[(rig.directory / "bin/uv") + " --version"] = "uv 0.4.30\n";
  CHECK(line().ends_with("--only-binary :all: torch 'mlx[cpu]' mlx-lm"));
}

TEST_CASE("what must not be made is refused before anything is run") {
  PythonRig rig;
  CHECK(has(refusal(rig, wanted("env")).fix, "Install it: brew install uv"));
  rig.uv();
  CHECK(refusal(rig, wanted("")).exit_status == 2);
  CHECK(refusal(rig, wanted("-rf")).exit_status == 2);
  std::ofstream(rig.directory / "project/file") << "mine";
  CHECK(has(refusal(rig, wanted("file")).text, "is no directory"));
  CHECK(has(refusal(rig, wanted(".")).text, "has something in it, and is no environment"));
  std::filesystem::create_symlink("/nowhere", rig.directory / "project/dangling");
  CHECK_FALSE(plan_setup(rig.about, rig.runner(), wanted("dangling")));
  CHECK(has(refusal(rig, wanted("env", true, false, "3.9")).text, "3.10"));
  rig.about.machine = "x86_64";
  CHECK(has(refusal(rig, wanted("env", true)).text, "Intel"));
}

TEST_CASE("an empty directory will do") {
  PythonRig rig;
  rig.uv();
  std::filesystem::create_directory(rig.directory / "project/env");
  CHECK(plan_setup(rig.about, rig.runner(), wanted("env")).value().steps.size() == 1);
}

TEST_CASE("root makes nothing where a user owns the place or the home that uv's cache is in") {
  PythonRig rig;
  rig.uv();
  constexpr uid_t kSomebody = 12345;
  const std::vector<std::string> places{"project", "home"};
  if (::geteuid() == 0) REQUIRE(::chown((rig.directory / places[0]).c_str(), kSomebody, kSomebody) == 0);
  rig.about.uid = 0;
  CHECK(refusal(rig, wanted("new/env")).exit_status == 4);
  CHECK(has(refusal(rig, wanted("new/env")).text, rig.directory / "project belongs to uid"));
  M1OPT_NEEDS_ROOT("can give a file away");
  REQUIRE(::chown((rig.directory / places[0]).c_str(), 0, 0) == 0);
  CHECK(plan_setup(rig.about, rig.runner(), wanted("new/env")));
  REQUIRE(::chown((rig.directory / places[1]).c_str(), kSomebody, kSomebody) == 0);
  CHECK(refusal(rig, wanted("new/env")).exit_status == 4);
}

TEST_CASE("an environment that is there is kept, unless it is another Python or a broken one") {
  PythonRig rig;
  rig.uv();
  rig.environment("project/env", {{"python", interpreter_says("arm64", "3.11.2")}});
  const auto plan = plan_setup(rig.about, rig.runner(), wanted("env", true)).value();
  CHECK(plan.kept == "CPython 3.11.2");
  CHECK(plan.steps.size() == 1);
  CHECK(has(plan_text(plan, {}), "is an environment already, and is kept (CPython 3.11.2). To be run:"));
  CHECK(has(refusal(rig, wanted("env", true, false, "3.12")).text, "with Python 3.11.2, not 3.12"));
  CHECK(plan_setup(rig.about, rig.runner(), wanted("env", true, false, "3.11")));
  rig.environment("project/env", {{"python", interpreter_says("x86_64")}});
  CHECK(has(refusal(rig, wanted("env", true)).text, "is an environment for x86_64, this machine is arm64"));
  rig.answers.erase((rig.directory / "project/env") + "/bin/python python");
  CHECK(has(refusal(rig, wanted("env", true)).text, "whose Python does not run"));
}

TEST_CASE("after uv has done its part the packages must compute, and size and time are told") {
  PythonRig rig;
  rig.uv();
  let_uv_work(rig, "arm64");
  const auto plan = plan_setup(rig.about, rig.runner(), wanted("env", true)).value();
  std::vector<std::string> seen;
  const auto outcome = perform_setup(rig.about, rig.runner(), plan, [&seen](const Step& step, const std::string& output) {
                         seen.push_back(step.what + ": " + output);
                       }).value();
  CHECK(seen == std::vector<std::string>{"make the environment: Creating virtual environment\n",
                                         "install the packages: Installed 2 packages\n",
                                         "import the packages and compute: "});
  CHECK(outcome.findings.size() == 2);
  CHECK(client::exit_status_of(outcome.findings) == 0);
  CHECK(outcome.use.files == 2);
  CHECK(outcome.use.bytes > 0);
  const std::string text = outcome_text(plan, outcome, {});
  CHECK(has(text, "MLX computes on the GPU (Metal)"));
  CHECK(has(text, fmt::format("{} takes ", plan.directory)));
  CHECK(has(text, fmt::format("source {}/bin/activate", plan.directory)));
  const std::string document = wire::to_text(outcome_json(plan, outcome));
  CHECK(has(document, R"("schema":"m1opt.python_setup/1")"));
  CHECK(has(document, R"("result":"pass")"));
}

TEST_CASE("a package that uv says it installed and that is not there fails the verb") {
  PythonRig rig;
  rig.uv();
  let_uv_work(rig, "arm64");
  const auto plan = plan_setup(rig.about, rig.runner(), wanted("env", false, true)).value();
  const auto outcome = perform_setup(rig.about, rig.runner(), plan, {}).value();
  REQUIRE(outcome.findings.size() == 1);
  CHECK(outcome.findings[0].result == FindingResult::fail);
  CHECK(client::exit_status_of(outcome.findings) == 5);
}

TEST_CASE("a Python for Intel that uv took first stops the work before anything is installed") {
  PythonRig rig;
  rig.uv();
  let_uv_work(rig, "x86_64");
  const auto plan = plan_setup(rig.about, rig.runner(), wanted("env", true)).value();
  const auto outcome = perform_setup(rig.about, rig.runner(), plan, {});
  REQUIRE_FALSE(outcome);
  CHECK(has(outcome.error().text, "uv took a Python for x86_64 (/opt/base), and this machine is arm64"));
  CHECK(outcome.error().fix == "The same command with --python cpython-3.12-macos-aarch64-none");
  CHECK_FALSE(std::filesystem::exists(plan.directory));
  CHECK(rig.calls.back().ends_with("bin/python python"));
}

TEST_CASE("a failure says what is left and how to go on") {
  PythonRig rig;
  rig.uv();
  let_uv_work(rig, "arm64");
  const auto plan = plan_setup(rig.about, rig.runner(), wanted("env", true)).value();
  rig.answers[rig.directory / "bin/uv" + std::string(" pip install --python ") + plan.directory +
              "/bin/python --only-binary :all: mlx mlx-lm"] =
      "error: Request failed after 3 retries in 9.5s\n  cause: Failed to fetch: `https://index/simple/mlx/`\n"
      "  cause: dns error\n  cause: failed to lookup address information: Name or service not known\n";
  const auto outcome = perform_setup(rig.about, rig.runner(), plan, {});
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().exit_status == 1);
  CHECK(has(outcome.error().text, "there is no network (Request failed after 3 retries in 9.5s; cause: failed to lookup "
                                  "address information: Name or service not known). " + plan.directory + " is left with "));
  CHECK(has(outcome.error().text, "rm -r " + plan.directory + " removes it"));
  CHECK(has(outcome.error().fix, "HTTPS_PROXY"));
}

TEST_CASE("of an environment that uv only began nothing stays, and the same command can be given again") {
  PythonRig rig;
  rig.uv();
  const std::string place = rig.directory / "project/env";
  const bool was_there = GENERATE(false, true);
  if (was_there) std::filesystem::create_directory(place);
  const auto plan = plan_setup(rig.about, rig.runner(), wanted("env", true)).value();
  rig.answers[plan.steps[0].words[0] + " venv --python 3.12 " + place] = "error: write failed\n";
  rig.acts = [&](const Call& call) {
    if (call.words[1] != "venv") return;
    std::filesystem::create_directories(place + "/bin");
    std::filesystem::create_symlink(rig.directory / "home", place + "/bin/link");
    std::ofstream(place + "/.gitignore") << "*";
  };
  std::ofstream(rig.directory / "home/mine") << "mine";
  const auto outcome = perform_setup(rig.about, rig.runner(), plan, {});
  REQUIRE_FALSE(outcome);
  CHECK(has(outcome.error().text, "What uv had begun in " + place + " is removed"));
  CHECK(std::filesystem::exists(place) == was_there);
  CHECK(std::filesystem::exists(rig.directory / "home/mine"));
  let_uv_work(rig, "arm64");
  const auto again = plan_setup(rig.about, rig.runner(), wanted("env", true)).value();
  CHECK(perform_setup(rig.about, rig.runner(), again, {}));
}

TEST_CASE("what somebody put into the directory meanwhile is not removed with what uv began") {
  PythonRig rig;
  rig.uv();
  const auto plan = plan_setup(rig.about, rig.runner(), wanted("env", true)).value();
  std::filesystem::create_directory(plan.directory);
  std::ofstream(plan.directory + "/mine") << "mine";
  const auto outcome = perform_setup(rig.about, rig.runner(), plan, {});
  REQUIRE_FALSE(outcome);
  CHECK(has(outcome.error().text, plan.directory + " is left and is no environment: first rm -r " + plan.directory));
  CHECK(std::filesystem::exists(plan.directory + "/mine"));
}

TEST_CASE("uv's failures are told by what they mean") {
  const Step step{"install the packages", {"uv"}, std::chrono::minutes(2)};
  CHECK(explain_uv(step, {2, false, "error: write failed\n  cause: No space left on device (os error 28)\n"}).text ==
        "the disk is full (write failed; cause: No space left on device (os error 28))");
  CHECK(has(explain_uv(step, {1, false, "  x No solution found when resolving dependencies:\n"}).text, "no version of the packages"));
  CHECK(has(explain_uv(step, {2, false, "error: No interpreter found for Python 3.99\n"}).fix, "--python 3.12"));
  CHECK(explain_uv(step, {2, false, "error: something new\n"}).text == "uv exited with 2: something new");
  CHECK(explain_uv(step, {137, true, ""}).exit_status == 7);
  CHECK(explain_uv(step, {137, true, ""}).text == "uv was ended after 2m00s");
}
