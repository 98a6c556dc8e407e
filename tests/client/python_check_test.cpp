#include "client/python/check.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "client/python/setup.h"
#include "client/python_rig.h"
#include "support/catch.h"
#include "support/needs_root.h"

using namespace m1opt;
using namespace m1opt::client::python;
using client::Finding;
using client::FindingResult;
using test::find_finding;
using test::has;
using test::interpreter_says;
using test::PythonRig;

namespace {

/// Of a 64-bit Mach-O program for one processor.
std::string mach_o(char processor) {
  return std::string("\xCF\xFA\xED\xFE", 4) + processor + std::string("\0\0\x01", 3) + std::string(32, '\0');
}
constexpr char kIntel = 0x07;
constexpr char kArm = 0x0C;

std::vector<Finding> examined(PythonRig& rig) { return examine(rig.about, rig.runner()).value(); }

Finding finding(const std::vector<Finding>& findings, const std::string& id) {
  const Finding* found = find_finding(findings, id);
  INFO(id);
  REQUIRE(found != nullptr);
  return *found;
}

std::map<std::string, std::string> empty_python(const std::string& machine) {
  return {{"python", interpreter_says(machine)},
          {"torch", test::package_absent("torch")},
          {"mlx", test::package_absent("mlx")},
          {"mlx_lm", test::package_absent("mlx_lm")}};
}

}  // namespace

TEST_CASE("with nothing installed each finding says so, and uv is what is wrong") {
  PythonRig rig;
  const auto findings = examined(rig);
  CHECK(finding(findings, "python.uv").result == FindingResult::fail);
  CHECK(finding(findings, "python.uv").fix == "brew install uv, or: curl -LsSf https://astral.sh/uv/install.sh | sh");
  CHECK(has(finding(findings, "python.uv").evidence, "not in PATH, nor at " + (rig.directory / "home/.local/bin/uv")));
  CHECK(finding(findings, "python.interpreter").result == FindingResult::skipped);
  CHECK(finding(findings, "python.environment").finding == "no environment is in force");
  CHECK(find_finding(findings, "python.torch") == nullptr);
  CHECK(client::exit_status_of(findings) == 5);
  CHECK(rig.calls.empty());
}

TEST_CASE("uv and a native Python pass, and what is not installed is no fault") {
  PythonRig rig;
  rig.uv();
  const std::string python = rig.program("bin/python3", empty_python("arm64"), mach_o(kArm));
  const auto findings = examined(rig);
  CHECK(finding(findings, "python.uv").evidence == (rig.directory / "bin/uv") + ": uv 0.13.9");
  CHECK(finding(findings, "python.interpreter." + python).evidence == python + ": CPython 3.12.4 for arm64");
  CHECK(finding(findings, "python.torch").result == FindingResult::skipped);
  CHECK(finding(findings, "python.mlx").result == FindingResult::skipped);
  CHECK(finding(findings, "python.mlx_lm").result == FindingResult::skipped);
  CHECK(client::exit_status_of(findings) == 0);
}

TEST_CASE("a Python under Rosetta is called out, and is a fault where it is the first") {
  PythonRig rig;
  rig.uv();
  const std::string intel = rig.program("bin/python3", empty_python("x86_64"), mach_o(kIntel));
  const std::string native =
      rig.program("opt/homebrew/bin/python3", {{"python", interpreter_says("arm64", "3.13.1", "/opt/other")}}, mach_o(kArm));
  const auto findings = examined(rig);
  const Finding first = finding(findings, "python.interpreter." + intel);
  CHECK(first.result == FindingResult::fail);
  CHECK(first.finding == "this Python runs under Rosetta: no MLX, no MPS, and slow");
  CHECK(has(first.evidence, "for x86_64, this machine is arm64; the file is for x86_64"));
  CHECK(first.fix == "uv python install cpython-3.12-macos-aarch64-none");
  CHECK(finding(findings, "python.interpreter." + native).result == FindingResult::pass);
}

TEST_CASE("an Intel Python that comes later is told without being a fault") {
  PythonRig rig;
  rig.uv();
  rig.program("bin/python3", empty_python("arm64"), mach_o(kArm));
  const std::string intel =
      rig.program("usr/local/bin/python3", {{"python", interpreter_says("x86_64", "3.11.2", "/usr/other")}}, mach_o(kIntel));
  const auto findings = examined(rig);
  CHECK(finding(findings, "python.interpreter." + intel).result == FindingResult::skipped);
  CHECK(client::exit_status_of(findings) == 0);
}

TEST_CASE("uv for Intel on Apple Silicon is a fault: it makes environments for Intel") {
  PythonRig rig;
  rig.uv(mach_o(kIntel));
  const Finding uv = finding(examined(rig), "python.uv_processor");
  CHECK(uv.result == FindingResult::fail);
  CHECK(has(uv.evidence, "is for x86_64, this machine is arm64"));
}

TEST_CASE("a script that starts another interpreter is not counted twice, and one that does not answer is named") {
  PythonRig rig;
  rig.uv();
  rig.program("bin/python3", empty_python("arm64"));
  rig.program("bin/python3.12", {{"python", interpreter_says("arm64")}});
  rig.program("bin/python3.9", {{"python", "pyenv: python3.9: command not found\n"}});
  rig.program("bin/python3-config", {});
  const auto findings = examined(rig);
  CHECK(find_finding(findings, "python.interpreter." + (rig.directory / "bin/python3.12")) == nullptr);
  CHECK(has(finding(findings, "python.interpreter.silent").evidence, "python3.9; of the first: it says: pyenv: python3.9: command not found"));
  CHECK(std::count_if(findings.begin(), findings.end(), [](const Finding& each) { return each.group == "Interpreters"; }) == 2);
}

TEST_CASE("macOS's own python3 is not started while it is a stub that opens a window") {
  PythonRig rig;
  rig.program("usr/bin/python3", {{"python", interpreter_says("arm64")}});
  CHECK(find_interpreters(rig.about).empty());
  rig.program("Library/Developer/CommandLineTools/usr/bin/python3", {});
  CHECK(find_interpreters(rig.about).size() == 1);
  PythonRig other(false);
  other.program("usr/bin/python3", {});
  CHECK(find_interpreters(other.about).size() == 1);
}

TEST_CASE("the environment in force is chosen as uv does it") {
  PythonRig rig;
  CHECK_FALSE(find_environment(rig.about));
  rig.environment(".venv", {});
  CHECK(find_environment(rig.about)->why == "a .venv above");
  rig.environment("project/.venv", {});
  CHECK(find_environment(rig.about)->directory == rig.directory / "project/.venv");
  CHECK(find_environment(rig.about)->why == "./.venv");
  rig.about.conda_prefix = "/conda";
  CHECK(find_environment(rig.about)->why == "CONDA_PREFIX");
  rig.about.virtual_env = "/venv";
  CHECK(find_environment(rig.about)->directory == "/venv");
}

TEST_CASE("the packages looked at are those of the environment in force") {
  PythonRig rig;
  rig.uv();
  auto says = empty_python("arm64");
  says["mlx"] = test::package_says("mlx", R"(, "device": "gpu", "metal": true)" + test::kRightProduct);
  says["mlx_lm"] = test::package_says("mlx_lm", R"(, "loads": true, "sampled": 2)");
  rig.environment("project/.venv", says);
  const auto findings = examined(rig);
  CHECK(has(finding(findings, "python.environment").evidence, "(./.venv), made from /opt/base"));
  CHECK(finding(findings, "python.mlx").result == FindingResult::pass);
  CHECK(finding(findings, "python.mlx_lm").result == FindingResult::pass);
  CHECK(client::exit_status_of(findings) == 0);
}

TEST_CASE("an environment whose Python is gone, or is for Intel, has to be made anew") {
  PythonRig rig;
  rig.uv();
  const std::string place = rig.environment("project/.venv", {});
  auto findings = examined(rig);
  const Finding gone = finding(findings, "python.environment");
  CHECK(gone.result == FindingResult::fail);
  CHECK(gone.fix == fmt::format("rm -r {0}, then: m1optctl python setup {0} --python cpython-3.12-macos-aarch64-none", place));
  rig.environment("project/.venv", empty_python("x86_64"));
  findings = examined(rig);
  CHECK(finding(findings, "python.environment").finding == "the environment runs under Rosetta: no MLX, no MPS, and slow");
}

TEST_CASE("an environment that others can write is not started, by whatever it was found") {
  PythonRig rig;
  rig.uv();
  const std::string place = rig.environment("project/.venv", empty_python("arm64"));
  std::filesystem::create_directories(place + "/lib/python3.12/site-packages");
  std::ofstream(place + "/lib/python3.12/site-packages/mine.pth") << "import os\n";
  CHECK(finding(examined(rig), "python.environment").result == FindingResult::pass);
  const auto refused = [&](const std::string& part) {
    INFO(part);
    const auto mode = std::filesystem::status(part).permissions();
    std::filesystem::permissions(part, std::filesystem::perms::others_write, std::filesystem::perm_options::add);
    rig.calls.clear();
    for (const std::string& variable : {std::string(), place}) {
      rig.about.virtual_env = variable;
      const auto findings = examined(rig);
      const Finding found = finding(findings, "python.environment");
      CHECK(found.result == FindingResult::fail);
      CHECK(has(found.evidence, "not started: " + part + " can be written by others"));
      CHECK(find_finding(findings, "python.mlx") == nullptr);
    }
    CHECK(std::none_of(rig.calls.begin(), rig.calls.end(), [&](const auto& call) { return call.starts_with(place); }));
    CHECK_FALSE(plan_setup(rig.about, rig.runner(), {".venv", "", true, false}));
    std::filesystem::permissions(part, mode);
  };
  refused(place);
  refused(rig.directory / "project");
  for (const char* part : {"/pyvenv.cfg", "/bin", "/bin/python", "/lib", "/lib/python3.12/site-packages",
                           "/lib/python3.12/site-packages/mine.pth"}) {
    refused(place + part);
  }
}

TEST_CASE("in a directory that is everybody's an environment of one's own is started, and another's is not") {
  PythonRig rig;
  rig.uv();
  const std::string place = rig.environment("project/.venv", empty_python("arm64"));
  std::filesystem::permissions(rig.directory / "project", std::filesystem::perms::all | std::filesystem::perms::sticky_bit);
  CHECK(finding(examined(rig), "python.environment").result == FindingResult::pass);
  M1OPT_NEEDS_ROOT("can give a file away");
  std::filesystem::remove(place + "/bin/python");
  std::filesystem::create_symlink("/bin/sh", place + "/bin/python");
  for (const char* part : {"/bin/python", "/bin", "/pyvenv.cfg", ""}) {
    REQUIRE(::lchown((place + part).c_str(), 12345, 12345) == 0);
    CHECK(has(finding(examined(rig), "python.environment").evidence, place + part + " belongs to uid 12345"));
  }
}

TEST_CASE("files with a second name are what an environment shares with uv's cache") {
  PythonRig rig(false);
  rig.uv();
  const std::string place = rig.environment("project/.venv", empty_python("x86_64"));
  std::filesystem::create_directories(rig.directory / "home/cache");
  std::ofstream(rig.directory / "home/cache/module.so") << std::string(100'000, 'x');
  CHECK(finding(examined(rig), "python.disk").result == FindingResult::skipped);
  std::filesystem::create_hard_link(rig.directory / "home/cache/module.so", place + "/module.so");
  const auto findings = examined(rig);
  const Finding shared = finding(findings, "python.disk");
  CHECK(shared.result == FindingResult::pass);
  CHECK(has(shared.evidence, "1 of 3 files"));
}

TEST_CASE("where uv's cache lies on another volume every file is copied") {
  PythonRig rig(false);
  rig.uv();
  const std::string place = rig.environment("project/.venv", empty_python("x86_64"));
  rig.answers[(rig.directory / "bin/uv") + " cache dir"] = "/proc/self\n";
  const auto findings = examined(rig);
  CHECK(finding(findings, "python.disk").result == FindingResult::fail);
  CHECK(finding(findings, "python.disk").fix == "export UV_CACHE_DIR=" + (rig.directory / "project/.uv-cache"));
  rig.answers[(rig.directory / "bin/uv") + " cache dir"] = "error: no home\n";
  CHECK(finding(examined(rig), "python.disk").result == FindingResult::skipped);
}
