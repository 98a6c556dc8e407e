#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/platform.h"

namespace m1opt::test {

using namespace m1opt::base;
using namespace m1opt::model;

struct ScriptedProcess {
  ProcessInfo info;
  std::string path;
  std::uint32_t uid{0};
  std::vector<std::string> arguments;
  std::uint64_t mark{0};
  bool watchdog{false};
  bool unreadable{false};  ///< executable, arguments and environment are denied
};

/// The processes of a machine in memory, changed by the test between ticks;
/// counts what is asked of it.
class ScriptedTable final : public platform::ProcessTable {
 public:
  /// Without marks and newest_pid it behaves like a system that has neither.
  explicit ScriptedTable(bool rich = true) : rich_(rich) {}

  ProcessId start(std::int32_t pid, std::int32_t parent, const std::string& path,
                  std::vector<std::string> arguments = {}, std::uint32_t uid = 1000) {
    ScriptedProcess process;
    process.info.id = {pid, ++clock_};
    process.info.parent = parent;
    process.info.name = "short-name";
    process.info.state = RunState::sleeping;
    process.info.threads = 1;
    process.path = path;
    process.uid = uid;
    process.arguments = std::move(arguments);
    process.mark = ++marks_;
    newest_ = pid;
    const auto id = process.info.id;
    processes.insert_or_assign(pid, std::move(process));
    return id;
  }
  ProcessId fork(std::int32_t pid, std::int32_t parent) {
    const auto& from = processes.at(parent);
    return start(pid, parent, from.path, from.arguments, from.uid);
  }
  void exec(std::int32_t pid, const std::string& path, std::vector<std::string> arguments = {}) {
    processes.at(pid).path = path;
    processes.at(pid).arguments = std::move(arguments);
  }
  /// Its children go to process 1.
  void end(std::int32_t pid) {
    processes.erase(pid);
    for (auto& [other, process] : processes) {
      if (process.info.parent == pid) process.info.parent = 1;
    }
  }

  Result<std::vector<std::int32_t>> list() override {
    std::vector<std::int32_t> pids;
    for (const auto& [pid, process] : processes) pids.push_back(pid);
    return pids;
  }
  Result<void> list_range(std::int32_t first, std::int32_t last,
                          std::vector<platform::ListedProcess>& out) override {
    out.clear();
    if (fail_list) return Error{Errc::io, 0, "scripted"};
    for (const auto& [pid, process] : processes) {
      if (pid < first || pid > last) continue;
      out.push_back({pid, rich_ ? process.mark : 0});
      ++listed;
    }
    return {};
  }
  std::optional<std::int32_t> newest_pid() override {
    if (!rich_) return std::nullopt;
    return newest_;
  }
  Result<ProcessInfo> stat(std::int32_t pid) override {
    ++stats;
    const auto found = processes.find(pid);
    if (found == processes.end()) return Error{Errc::gone, 0, "scripted"};
    return found->second.info;
  }
  Result<std::string> executable(std::int32_t pid) override {
    ++executables;
    return read(pid, &ScriptedProcess::path);
  }
  Result<std::uint32_t> owner(std::int32_t pid) override {
    const auto found = processes.find(pid);
    if (found == processes.end()) return Error{Errc::gone, 0, "scripted"};
    return found->second.uid;
  }
  Result<std::vector<std::string>> arguments(std::int32_t pid) override {
    return read(pid, &ScriptedProcess::arguments);
  }
  Result<Duration> waited(ProcessId process) override {
    const auto found = processes.find(process.pid);
    if (found == processes.end() || found->second.info.id != process) {
      return Error{Errc::gone, 0, "scripted"};
    }
    ++waits;
    return std::chrono::milliseconds(7);
  }
  Result<bool> has_watchdog(std::int32_t pid) override {
    ++watchdogs;
    return read(pid, &ScriptedProcess::watchdog);
  }

  std::map<std::int32_t, ScriptedProcess> processes;
  bool fail_list{false};
  int listed{0};
  int stats{0};
  int executables{0};
  int waits{0};
  int watchdogs{0};

 private:
  template <class T>
  Result<T> read(std::int32_t pid, T ScriptedProcess::*member) {
    const auto found = processes.find(pid);
    if (found == processes.end()) return Error{Errc::gone, 0, "scripted"};
    if (found->second.unreadable) return Error{Errc::not_permitted, 13, "scripted"};
    return found->second.*member;
  }

  bool rich_;
  std::uint64_t clock_{100};
  std::uint64_t marks_{0};
  std::int32_t newest_{0};
};

/// The shipped rows that these tests need, in short.
inline Config sense_config() {
  Config config;
  config.workloads = {
      {.name = "ollama",
       .executables = {"ollama", "ollama_llama_server"},
       .arguments = {"serve", "start", "runner"},
       .runner_executables = {"llama-server", "ollama_llama_server"},
       .runner_arguments = {"runner"},
       .raise = true,
       .accounts = {"ollama"}},
      {.name = "llama-server",
       .executables = {"llama-server"},
       .arguments = {},
       .runner_executables = {"llama-server"},
       .runner_arguments = {},
       .raise = true,
       .accounts = {}},
      {.name = "mlx_lm",
       .executables = {"mlx_lm.server", "python3", "*/python3.*"},
       .arguments = {"mlx_lm.server", "-m mlx_lm server"},
       .runner_executables = {"mlx_lm.server"},
       .runner_arguments = {"mlx_lm.server", "-m mlx_lm server"},
       .raise = true,
       .accounts = {}},
  };
  TargetConfig analysis;
  analysis.name = "photoanalysisd";
  analysis.executables = {"photoanalysisd", "/System/*/photoanalysisd"};
  analysis.mode = TargetMode::suspend;
  TargetConfig tracker;
  tracker.name = "tracker-miner-fs-3";
  tracker.executables = {"tracker-miner-fs-3", "/opt/desk/*/tracker-miner-fs-3"};
  tracker.mode = TargetMode::suspend;
  TargetConfig updatedb;
  updatedb.name = "updatedb";
  updatedb.executables = {"updatedb"};
  updatedb.mode = TargetMode::background;
  config.targets = {analysis, tracker, updatedb};
  return config;
}

}  // namespace m1opt::test
