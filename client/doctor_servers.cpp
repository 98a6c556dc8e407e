#include "client/doctor_servers.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/json_view.h"
#include "client/llm/server.h"
#include "client/render/format.h"
#include "ollama/answers.h"

namespace m1opt::client {
namespace {

constexpr const char* kServersGroup = "Servers";
constexpr llm::Server::Timeout kAnswerIn{10'000};
constexpr int kTokens = 4;

bool has_word(const SeenProcess& process, std::string_view word) {
  return std::find(process.arguments.begin(), process.arguments.end(), word) != process.arguments.end();
}

/// As Ollama starts them: a llama-server of its own from 0.30 on, before that itself.
bool is_runner_of_ollama(const SeenProcess& process) {
  if (process.name == "ollama") return process.arguments.size() > 1 && process.arguments[1] == "runner";
  const bool blob = std::any_of(process.arguments.begin(), process.arguments.end(), [](const std::string& word) {
    return word.find("/blobs/sha256-") != std::string::npos;
  });
  return process.name == "llama-server" && blob && has_word(process, "--offline") && has_word(process, "--no-webui");
}

Finding lost(const SeenProcess& process) {
  return {fmt::format("runner.{}", process.pid), kServersGroup, FindingResult::fail,
          fmt::format("{} (pid {}) is a runner without its Ollama", process.name, process.pid),
          fmt::format("it holds {}, and its parent is {}", render::format_bytes(process.footprint_bytes),
                      process.parent),
          fmt::format("kill {}", process.pid)};
}

Finding answers(FindingResult result, std::string finding, std::string evidence, std::string fix) {
  return {"server.answers", kServersGroup, result, std::move(finding), std::move(evidence), std::move(fix)};
}

bool is_at_work(const boost::json::value& status) {
  const auto& workloads = list_at(status, "workloads");
  return std::any_of(workloads.begin(), workloads.end(),
                     [](const auto& workload) { return text_at(workload, "state") == "busy"; });
}

/// A llama-server that is at work says so itself; an older or locked one does not tell.
bool has_request(const llm::Server& server) {
  if (server.kind() != llm::Kind::llama_server) return false;
  const auto text = server.ask(ollama::slots_request(), kAnswerIn);
  const auto slots = text ? ollama::parse_slots(*text) : base::Error{base::Errc::io, 0, ""};
  return slots && std::any_of(slots->begin(), slots->end(), [](const auto& slot) { return slot.processing; });
}

Finding ask_for_a_word(const llm::Server& server, const llm::Model& model) {
  const std::string who = fmt::format("{} at {}", name_of(server.kind()), text_of(server.place()));
  const auto generation = server.generate(model, "Count to three.", kTokens, kAnswerIn);
  if (generation) {
    return answers(FindingResult::pass, fmt::format("{} answers", name_of(server.kind())),
                   fmt::format("{}, {}: {} tokens", who, model.name, generation->tokens), "");
  }
  const Failure& failure = generation.error();
  if (failure.exit_status == exit_code::kTimedOut) {
    return answers(FindingResult::skipped, fmt::format("{} did not answer in 10 s", name_of(server.kind())),
                   fmt::format("{}, {}: it may be at work", who, model.name), "");
  }
  return answers(FindingResult::fail, fmt::format("{} does not answer as it should", name_of(server.kind())),
                 fmt::format("{}, {}: {}", who, model.name, failure.text),
                 fmt::format("start {} again, then: m1optctl doctor", name_of(server.kind())));
}

}  // namespace

std::vector<SeenProcess> list_runners(platform::ProcessTable& table) {
  std::vector<SeenProcess> seen;
  const auto pids = table.list();
  if (!pids) return seen;
  for (const std::int32_t pid : *pids) {
    const auto info = table.stat(pid);
    if (!info || (info->name != "ollama" && info->name != "llama-server")) continue;
    auto words = table.arguments(pid);
    seen.push_back({pid, info->parent, info->name, words ? std::move(*words) : std::vector<std::string>{},
                    static_cast<double>(info->footprint.value())});
  }
  return seen;
}

std::vector<Finding> examine_runners(const std::vector<SeenProcess>& processes) {
  std::vector<Finding> findings;
  int runners = 0;
  for (const SeenProcess& process : processes) {
    if (!is_runner_of_ollama(process)) continue;
    ++runners;
    const bool has_server = std::any_of(processes.begin(), processes.end(), [&](const SeenProcess& other) {
      return other.pid == process.parent && other.name == "ollama";
    });
    if (!has_server) findings.push_back(lost(process));
  }
  if (runners > 0 && findings.empty()) {
    findings.push_back({"runner.parents", kServersGroup, FindingResult::pass, "every runner has its Ollama",
                        fmt::format("{} of them", runners), ""});
  }
  return findings;
}

std::vector<Finding> examine_answers(const boost::json::value& status) {
  const auto server = llm::Server::find("");
  if (!server) return {};
  const auto model = server->choose("");
  // Ollama without a loaded model: loading one is not the doctor's to do.
  if (!model || (server->kind() == llm::Kind::ollama && !model->context && !model->keep_alive_s)) return {};
  if (is_at_work(status) || has_request(*server)) {
    return {answers(FindingResult::skipped, fmt::format("{} was not asked for a word", name_of(server->kind())),
                    "it is at work", "")};
  }
  return {ask_for_a_word(*server, *model)};
}

}  // namespace m1opt::client
