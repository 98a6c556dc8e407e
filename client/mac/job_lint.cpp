#include "client/mac/job_lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/path.h"
#include "client/json_view.h"

namespace m1opt::client::mac {
namespace {

using boost::json::value;

std::vector<std::string> words_of(const value& job) {
  std::vector<std::string> words;
  if (const std::string program = text_at(job, "Program"); !program.empty())
    words.push_back(program);
  for (const value& word : list_at(job, "ProgramArguments")) {
    if (word.is_string()) words.emplace_back(word.get_string());
  }
  return words;
}

/// ollama, llama-server, mlx_lm.server and LM Studio's llmster and lms; a shell's command line
/// may hold them too ("exec ollama serve").
bool names_llm(std::string_view word) {
  constexpr std::array<std::string_view, 6> kPrograms{"ollama",        "llama-server", "mlx_lm",
                                                      "mlx_lm.server", "llmster",      "lms"};
  while (!word.empty()) {
    const std::size_t end = std::min(word.find_first_of(" ;&|\"'"), word.size());
    const std::string_view part = base::base_name(word.substr(0, end));
    for (const std::string_view program : kPrograms) {
      if (part == program || (program == "ollama" && part == "Ollama")) return true;
    }
    word.remove_prefix(std::min(end + 1, word.size()));
  }
  return false;
}

std::optional<Handicap> process_type(const value& job) {
  // POSIXSpawnType is its older name.
  for (const char* key : {"ProcessType", "POSIXSpawnType"}) {
    const std::string type = text_at(job, key);
    if (type == "Background") {
      return Handicap{key, type, "it stays at the lowest priority, on efficiency cores, for good"};
    }
    if (type == "Adaptive") {
      return Handicap{
          key, type,
          "it is in the background until an XPC message comes, and an LLM server gets none"};
    }
  }
  return std::nullopt;
}

}  // namespace

bool starts_llm(const value& job) {
  for (const std::string& word : words_of(job)) {
    if (names_llm(word)) return true;
  }
  return false;
}

std::vector<Handicap> handicaps_of(const value& job) {
  std::vector<Handicap> found;
  if (auto type = process_type(job)) found.push_back(std::move(*type));
  if (const auto nice = number_at(job, "Nice"); nice && *nice > 0) {
    found.push_back({"Nice", fmt::format("{}", *nice), "it comes after every normal process"});
  }
  for (const char* key : {"LowPriorityIO", "LowPriorityBackgroundIO"}) {
    if (flag_at(job, key)) found.push_back({key, "true", "models load last in line for the disk"});
  }
  return found;
}

std::string label_of(const value& job) { return text_at(job, "Label"); }

std::string program_of(const value& job) {
  const auto words = words_of(job);
  return words.empty() ? std::string{} : words.front();
}

}  // namespace m1opt::client::mac
