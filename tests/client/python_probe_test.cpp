#include "client/python/probe.h"

#include "client/python/elf.h"
#include "client/python/judgement.h"
#include "client/python_rig.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::client::python;
using client::Finding;
using client::FindingResult;
using test::has;
using test::kRightProduct;
using test::package_says;
using test::PythonRig;

namespace {

const std::string kPython = "/p/bin/python";

Finding package_finding(const Surroundings& about, const std::string& said, const std::string& interpreter) {
  return judge_package(about, kPython, parse_interpreter(interpreter).value(), parse_package(said).value(), false);
}

Finding on_mac(const std::string& said) { return package_finding(PythonRig(true).about, said, test::interpreter_says("arm64")); }
Finding on_linux(const std::string& said) {
  return package_finding(PythonRig(false).about, said, test::interpreter_says("x86_64"));
}

}  // namespace

TEST_CASE("an interpreter's answer is found among whatever else it prints") {
  const auto interpreter = parse_interpreter("a warning\n" + test::interpreter_says("arm64") + "\nmore\n");
  REQUIRE(interpreter);
  CHECK(interpreter->version == "3.12.4");
  CHECK(interpreter->machine == "arm64");
  CHECK(interpreter->macos == "15.1");
  CHECK(interpreter->base_prefix == "/opt/base");
}

TEST_CASE("what is no answer is said, and nothing is made up") {
  CHECK(parse_interpreter("").error().text == "it says nothing");
  CHECK(parse_interpreter("pyenv: python3.9: command not found\n\n").error().text ==
        "it says: pyenv: python3.9: command not found");
  CHECK(parse_interpreter("m1opt-probe: {\"version\": \"3").error().text == "its answer cannot be read");
  CHECK(parse_interpreter("m1opt-probe: []").error().text == "its answer cannot be read");
  CHECK_FALSE(parse_interpreter("m1opt-probe: {\"version\": 3}"));
  CHECK_FALSE(parse_package("m1opt-probe: {\"installed\": true}"));
}

TEST_CASE("PyTorch on a Mac passes only on MPS, and with a right product") {
  const Finding mps = on_mac(package_says("torch", R"(, "mps_built": true, "mps_available": true, "device": "mps")" + kRightProduct));
  CHECK(mps.result == FindingResult::pass);
  CHECK(mps.finding == "PyTorch computes on the GPU (MPS)");
  CHECK(has(mps.evidence, "torch 2.9.0 in /p/bin/python"));

  const Finding cpu = on_mac(package_says("torch", R"(, "mps_built": true, "mps_available": false, "device": "cpu")" + kRightProduct));
  CHECK(cpu.result == FindingResult::fail);
  CHECK(has(cpu.evidence, "not available"));
  CHECK(cpu.fix == "uv pip install --reinstall --python /p/bin/python torch");

  const Finding wrong = on_mac(package_says("torch", R"(, "device": "mps", "product": [19.0, 22.0, 43.0, 0.0])"));
  CHECK(wrong.result == FindingResult::fail);
  CHECK(has(wrong.evidence, "it computes a wrong result"));
}

TEST_CASE("PyTorch on Linux says which of CUDA, ROCm and the CPU it computes on") {
  CHECK(on_linux(package_says("torch", R"(, "device": "cuda", "cuda": "12.8", "device_name": "RTX 4090")" + kRightProduct)).evidence ==
        "torch 2.9.0 in /p/bin/python: RTX 4090, for CUDA 12.8");
  CHECK(on_linux(package_says("torch", R"(, "device": "cuda", "hip": "6.4", "device_name": "W7900")" + kRightProduct)).finding ==
        "PyTorch computes on the GPU (ROCm)");
  const Finding cpu = on_linux(package_says("torch", R"(, "device": "cpu", "cuda": "12.8")" + kRightProduct));
  CHECK(cpu.result == FindingResult::pass);
  CHECK(cpu.finding == "PyTorch computes on the CPU");
  CHECK(has(cpu.evidence, "built for CUDA 12.8, which finds no GPU here"));
  CHECK(has(on_linux(package_says("torch", R"(, "device": "cpu")" + kRightProduct)).evidence, "neither CUDA nor ROCm"));
}

TEST_CASE("MLX on a Mac passes only on Metal, and says what Metal recommends") {
  const Finding metal = on_mac(package_says(
      "mlx", R"(, "device": "gpu", "metal": true, "device_name": "Apple M1", "recommended_bytes": 11453251584)" + kRightProduct));
  CHECK(metal.result == FindingResult::pass);
  CHECK(metal.finding == "MLX computes on the GPU (Metal)");
  CHECK(has(metal.evidence, "Apple M1, Metal recommends 10.7 GiB at the most"));
  const Finding cpu = on_mac(package_says("mlx", R"(, "device": "cpu", "metal": false)" + kRightProduct));
  CHECK(cpu.result == FindingResult::fail);
  CHECK(cpu.fix == "uv pip install --reinstall --python /p/bin/python mlx mlx-lm");
  CHECK(on_linux(package_says("mlx", R"(, "device": "cpu")" + kRightProduct)).finding == "MLX computes on the CPU");
}

TEST_CASE("mlx_lm must load and choose the likeliest token") {
  CHECK(on_mac(package_says("mlx_lm", R"(, "loads": true, "sampled": 2)")).result == FindingResult::pass);
  CHECK(on_mac(package_says("mlx_lm", R"(, "loads": true, "sampled": 1)")).result == FindingResult::fail);
  CHECK(on_mac(package_says("mlx_lm", R"(, "sampled": 2)")).result == FindingResult::fail);
  const Finding broken = on_mac(package_says("mlx_lm", R"(, "error": "ImportError: no transformers")"));
  CHECK(broken.finding == "mlx_lm does not work");
  CHECK(has(broken.evidence, "ImportError: no transformers"));
}

TEST_CASE("what is not installed is no fault, and has the command that installs it") {
  const Finding absent = on_linux(test::package_absent("mlx"));
  CHECK(absent.result == FindingResult::skipped);
  CHECK(absent.fix == "uv pip install --python /p/bin/python 'mlx[cpu]' mlx-lm");
  PythonRig rig;
  const auto old = parse_interpreter(test::interpreter_says("arm64", "3.9.6")).value();
  const Finding cannot = judge_package(rig.about, kPython, old, parse_package(test::package_absent("mlx")).value(), true);
  CHECK(cannot.result == FindingResult::fail);
  CHECK(has(cannot.evidence, "MLX is for Python 3.10 and newer, this is 3.9.6"));
  CHECK(cannot.fix.empty());
  const auto rosetta = parse_interpreter(test::interpreter_says("x86_64")).value();
  CHECK(has(judge_package(rig.about, kPython, rosetta, parse_package(test::package_absent("mlx")).value(), false).evidence,
            "Rosetta"));
}

TEST_CASE("a package that takes its interpreter down is told by the signal") {
  const auto crashes = [](const Call&) -> client::Expected<CallResult> { return CallResult{128 + 4, false, "Illegal instruction\n"}; };
  const auto package = ask_package(crashes, kPython, "mlx").value();
  CHECK(package.installed);
  CHECK_FALSE(package.computes);
  CHECK(package.error == "while it was imported: signal 4 ended it; it says: Illegal instruction");
  const auto hangs = [](const Call&) -> client::Expected<CallResult> { return CallResult{128 + 9, true, ""}; };
  CHECK(has(ask_package(hangs, kPython, "torch").value().error, "did not end in time"));
}

TEST_CASE("MLX is refused where it cannot be had, with the reason") {
  Surroundings mac = PythonRig(true).about;
  CHECK(why_no_mlx(mac, "3.12").empty());
  CHECK(why_no_mlx(mac, "cpython-3.12-macos-aarch64-none").empty());
  CHECK(has(why_no_mlx(mac, "3.9"), "3.10"));
  mac.machine = "x86_64";
  CHECK(has(why_no_mlx(mac, ""), "Intel"));
  Surroundings linux_box = PythonRig(false).about;
  CHECK(why_no_mlx(linux_box, "").empty());
  linux_box.glibc = "2.31";
  CHECK(has(why_no_mlx(linux_box, ""), "glibc 2.35 or newer, this is 2.31"));
  linux_box.glibc.reset();
  CHECK(has(why_no_mlx(linux_box, ""), "another C library"));
  linux_box.machine = "riscv64";
  CHECK(has(why_no_mlx(linux_box, ""), "riscv64"));
}

TEST_CASE("a program of Linux says which processor it is for") {
  std::string head = "\x7f" "ELF\x02\x01";
  head.resize(64);
  head[18] = 62;
  CHECK(processor_of_elf(head) == "x86_64");
  head[18] = static_cast<char>(183);
  CHECK(processor_of_elf(head) == "arm64");
  CHECK(processor_of_elf(head.substr(0, 19)).empty());
  CHECK(processor_of_elf("#!/bin/sh\nexec python3\n").empty());
}
