#include "client/settings/running_ollama.h"

#include <algorithm>

#include "base/path.h"
#include "ollama/answers.h"

namespace m1opt::client::settings {
namespace {

bool is_server(platform::ProcessTable& processes, std::int32_t pid) {
  const auto words = processes.arguments(pid);
  if (!words || words->size() < 2 || ((*words)[1] != "serve" && (*words)[1] != "start")) return false;
  const auto program = processes.executable(pid);
  return base::base_name(program ? *program : words->front()) == "ollama";
}

/// Absent for one that is no engine, or is for both (MLX).
std::optional<Era> engine_of(platform::ProcessTable& processes, const model::ProcessInfo& child) {
  if (child.name == "llama-server") return Era::llama_server;
  const auto words = processes.arguments(child.id.pid);
  if (!words || words->size() < 2 || (*words)[1] != "runner") return std::nullopt;
  if (std::find(words->begin(), words->end(), "--mlx-engine") != words->end()) return std::nullopt;
  return Era::native;
}

}  // namespace

std::optional<std::string> RunningOllama::value_of(const std::string& name) const {
  if (!variables) return std::nullopt;
  const auto found = std::find_if(variables->begin(), variables->end(), [&](const std::string& variable) {
    return variable.starts_with(name + "=");
  });
  if (found == variables->end()) return std::nullopt;
  return found->substr(name.size() + 1);
}

std::optional<RunningOllama> find_running_ollama(platform::ProcessTable& processes) {
  const auto pids = processes.list();
  if (!pids) return std::nullopt;
  RunningOllama running;
  std::vector<model::ProcessInfo> engines;
  for (const std::int32_t pid : *pids) {
    const auto info = processes.stat(pid);
    if (!info || (info->name != "ollama" && info->name != "llama-server")) continue;
    if (running.pid == 0 && info->name == "ollama" && is_server(processes, pid)) {
      running.pid = pid;
    } else {
      engines.push_back(*info);
    }
  }
  if (running.pid == 0) return std::nullopt;
  for (const model::ProcessInfo& engine : engines) {
    if (engine.parent == running.pid) running.engine = engine_of(processes, engine);
  }
  auto variables = processes.variables(running.pid, variable_names());
  if (variables) {
    running.variables = std::move(*variables);
  } else {
    running.why_not = variables.error().what;
  }
  return running;
}

Era era_of(const std::string& version, const std::optional<RunningOllama>& running) {
  const auto parsed = ollama::parse_version("{\"version\":\"" + version + "\"}");
  if (parsed) {
    if (const auto newer = parsed->uses_llama_server()) return *newer ? Era::llama_server : Era::native;
  }
  if (running && running->engine) return *running->engine;
  return Era::llama_server;
}

}  // namespace m1opt::client::settings
