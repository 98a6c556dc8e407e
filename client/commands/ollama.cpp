#include <fmt/format.h>

#include <charconv>

#include "client/advise/judgement.h"
#include "client/api.h"
#include "client/commands/all.h"
#include "client/commands/ollama_env.h"
#include "client/llm/server.h"
#include "client/machine.h"
#include "client/planning/machines.h"
#include "client/planning/subject.h"
#include "client/settings/modelfile.h"
#include "client/settings/ollama_variables.h"
#include "client/user_files.h"

namespace m1opt::client {
namespace {

constexpr std::chrono::milliseconds kShowTime{10'000};

struct OllamaWords {
  std::string verb;
  std::string model;
  std::string context;
  std::string file;
  EnvironmentWords environment;
};

Expected<std::optional<std::int64_t>> context_in(const OllamaWords& words) {
  constexpr std::int64_t kMost = 1LL << 30;
  if (words.context.empty()) return std::optional<std::int64_t>{};
  std::int64_t number = 0;
  const char* const end = words.context.data() + words.context.size();
  const auto [stop, error] = std::from_chars(words.context.data(), end, number);
  if (error == std::errc{} && stop == end && number > 0 && number <= kMost) return std::optional(number);
  return Failure{exit_code::kUsage, fmt::format("--ctx \"{}\" is no number of tokens", words.context), ""};
}

/// The longest context with which it fits for sure, by its file or its known shape, with the cache
/// that ollama env recommends; absent: that cannot be told.
std::optional<std::int64_t> largest_context_of(const std::string& name, const EnvironmentWords& words, base::Bytes ram) {
  const auto subject = planning::find_subject(name, "");
  const auto machine = planning::machine_for(words.ram, "", "");
  if (!subject || !machine) return std::nullopt;
  advise::Use use;
  use.cache_type = advise::find_cache_type(settings::recommended_cache_type(ram));
  use.flash_attention = true;
  return static_cast<std::int64_t>(
      advise::largest_context(subject->shape, subject->weights, use,
                              advise::at_least(advise::asked_about(*machine, name, subject->weights.bytes))));
}

int write_modelfile(const Context& context, const OllamaWords& words) {
  const auto asked = context_in(words);
  if (!asked) return report(context, asked.error());
  const auto server = llm::Server::find(words.environment.at);
  if (!server) return report(context, server.error());
  if (server->kind() != llm::Kind::ollama) {
    return report(context, {exit_code::kFailure, "llama-server has no Modelfiles", ""});
  }
  const auto text = server->ask(ollama::show_request(words.model), kShowTime);
  if (!text) return report(context, text.error());
  const auto shown = ollama::parse_show(*text);
  if (!shown) return report(context, {exit_code::kFailure, shown.error().what, ""});
  const auto ram = ram_of(words.environment);
  if (!ram) return report(context, ram.error());
  const Machine machine = read_this_machine();
  const auto choice = settings::choose_context(*shown, *ram, *asked,
                                               largest_context_of(words.model, words.environment, *ram));
  const std::string file =
      settings::modelfile_text(words.model, *shown, choice, machine.reading.performance_cores);
  if (words.file.empty() || context.dry_run) {
    print(context, file);
    return exit_code::kOk;
  }
  if (const auto written = write_user_file(words.file, file); !written) return report(context, written.error());
  print(context, fmt::format("{}: written; then: ollama create NAME -f {}\n", words.file, words.file));
  return exit_code::kOk;
}

}  // namespace

int run_ollama(Context& context, Arguments& arguments) {
  OllamaWords words;
  EnvironmentWords& environment = words.environment;
  arguments
      .positional("VERB", words.verb,
                  "env: each variable of Ollama's, what it is and what it should be | modelfile MODEL: a "
                  "Modelfile with num_ctx and num_thread for this machine")
      .positional("MODEL", words.model, "For modelfile")
      .flag("--apply", environment.apply, "Make the recommended values last, over a restart too")
      .flag("--remove", environment.remove, "Take back what --apply did")
      .option("--ram", environment.ram, "SIZE", "For a machine with that much, 16G")
      .option("--at", environment.at, "HOST:PORT", "Of Ollama; else OLLAMA_HOST, else port 11434")
      .option("--ctx", words.context, "TOKENS", "For modelfile: num_ctx")
      .option("-o", words.file, "FILE", "For modelfile: where to; else it is printed")
      .flag("--json", environment.json, "For env: one document {schema, server, variables, changes}");
  if (const auto status = arguments.parse(context)) return *status;
  if (environment.apply && environment.remove) {
    return report(context, {exit_code::kUsage, "ollama env takes --apply or --remove, not both", ""});
  }
  if (words.verb == "env" && words.model.empty()) return run_ollama_env(context, environment);
  if (words.verb == "modelfile" && !words.model.empty()) return write_modelfile(context, words);
  std::string fault = fmt::format("ollama: unknown \"{}\"", words.verb);
  if (words.verb.empty()) fault = "ollama: say what";
  if (words.verb == "env") fault = "ollama env takes no model";
  if (words.verb == "modelfile") fault = "ollama modelfile: say which model";
  return report(context, {exit_code::kUsage, fault, "Known: env, modelfile MODEL"});
}

}  // namespace m1opt::client
