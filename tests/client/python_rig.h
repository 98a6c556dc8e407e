#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "client/doctor.h"
#include "client/documents.h"
#include "client/python/program.h"
#include "client/python/surroundings.h"
#include "support/temp_dir.h"

namespace m1opt::test {

/// A machine with Pythons on which nothing runs: what each program would say is written down.
class PythonRig {
 public:
  explicit PythonRig(bool mac = true) {
    about.root = directory.path();
    about.home = directory / "home";
    about.directory = directory / "project";
    about.path = {directory / "bin"};
    about.machine = mac ? "arm64" : "x86_64";
    about.mac = mac;
    if (!mac) about.glibc = "2.36";
    about.uid = 501;
    for (const char* each : {"home", "project", "bin"}) std::filesystem::create_directories(directory / each);
  }

  /// A program that says so when it is called with these words; Python's are "python", "torch", ...
  std::string program(const std::string& name, const std::map<std::string, std::string>& says,
                      const std::string& bytes = "#!/bin/sh\n") {
    const std::string path = directory / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << bytes << "# " << name << '\n';  // two files are never the same
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    for (const auto& [words, said] : says) answers[path + " " + words] = said;
    return path;
  }

  std::string uv(const std::string& bytes = "#!/bin/sh\n") {
    return program("bin/uv", {{"--version", "uv 0.13.9\n"}, {"cache dir", (directory / "home/cache") + "\n"}}, bytes);
  }

  /// An environment with a Python that says so.
  std::string environment(const std::string& name, const std::map<std::string, std::string>& says) {
    program(name + "/bin/python", says);
    std::ofstream(directory / (name + "/pyvenv.cfg")) << "uv = 0.13.9\n";
    return directory / name;
  }

  client::python::Runner runner() {
    return [this](const client::python::Call& call) -> client::Expected<client::python::CallResult> {
      const bool probe = call.words.size() == 5 && call.words[1] == "-c";
      std::string words = probe ? call.words[3] : "";
      for (std::size_t i = 1; !probe && i < call.words.size(); ++i) words += (i == 1 ? "" : " ") + call.words[i];
      calls.push_back(call.words.front() + " " + words);
      if (acts) acts(call);
      const auto found = answers.find(calls.back());
      if (found == answers.end()) return client::python::CallResult{127, false, "not found\n"};
      return client::python::CallResult{found->second.starts_with("error: ") ? 2 : 0, false, found->second};
    };
  }

  TempDir directory;
  client::python::Surroundings about;
  std::map<std::string, std::string> answers;
  std::vector<std::string> calls;
  std::function<void(const client::python::Call&)> acts;  ///< what a call leaves on the disk
};

inline std::string interpreter_says(const std::string& machine, const std::string& version = "3.12.4",
                                    const std::string& executable = "/opt/python") {
  return fmt::format(R"(
m1opt-probe: {{"executable": "{}", "implementation": "CPython", "version": "{}", "machine": "{}", )"
                     R"("system": "Darwin", "macos": "15.1", "prefix": "/p", "base_prefix": "/opt/base"}})",
                     executable, version, machine);
}

/// `more` are members of the object, each with a comma before it.
inline std::string package_says(const std::string& name, const std::string& more) {
  return fmt::format(R"(some warning
m1opt-probe: {{"package": "{}", "installed": true, "version": "2.9.0"{}}}
)",
                     name, more);
}
inline std::string package_absent(const std::string& name) {
  return fmt::format("m1opt-probe: {{\"package\": \"{}\", \"installed\": false}}\n", name);
}

inline const std::string kRightProduct = R"(, "product": [19.0, 22.0, 43.0, 50.0])";

inline const client::Finding* find_finding(const std::vector<client::Finding>& findings, const std::string& id) {
  for (const auto& finding : findings) {
    if (finding.id == id) return &finding;
  }
  return nullptr;
}

}  // namespace m1opt::test
