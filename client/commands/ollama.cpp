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
#include "client/settings/cache_in_force.h"
#include "client/settings/modelfile.h"
#include "client/settings/running_ollama.h"
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

/// By its file or its known shape.
settings::Reach reach_of(const std::string& name, const llm::Server& server, const EnvironmentWords& words,
                         base::Bytes ram) {
  const auto subject = planning::find_subject(name, "");
  const auto machine = planning::machine_for(words.ram, "", "");
  if (!subject || !machine) return {};
  // What runs here says nothing of another machine.
  const auto running = words.ram.empty() ? settings::find_running_ollama(*platform::make_process_table("")) : std::nullopt;
  const auto cache = settings::find_cache_in_force(running, settings::era_of(server.version(), running), ram);
  advise::Use use;
  use.parallel = static_cast<std::uint64_t>(cache.slots);
  use.cache_type = advise::find_cache_type(cache.type);
  use.flash_attention = true;
  if (use.cache_type == nullptr) return {};
  return {static_cast<std::int64_t>(
              advise::largest_context(subject->shape, subject->weights, use,
                                      advise::at_least(advise::asked_about(*machine, name, subject->weights.bytes)))),
          cache.text()};
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
  const auto choice =
      settings::choose_context(*shown, *ram, *asked, reach_of(words.model, *server, words.environment, *ram));
  const std::string file = settings::modelfile_text(
      words.model, *shown, choice,
      words.environment.ram.empty() ? settings::choose_threads(read_this_machine().reading, "")
                                    : settings::threads_of_another_machine());
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
