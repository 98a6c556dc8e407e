#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <ctime>
#include <random>

#include "client/api.h"
#include "client/bench/report.h"
#include "client/commands/all.h"
#include "client/interrupt.h"
#include "client/render/text.h"
#include "client/user_files.h"
#include "wire/text.h"

namespace m1opt::client {
namespace {

constexpr int kMostRuns = 100;
constexpr int kMostTokens = 4096;

struct BenchWords {
  std::string model;
  std::string at;
  std::string runs{"6"};
  std::string tokens{"128"};
  std::string file;
  bool compare{false};
  bool json{false};
};

Expected<int> count_of(const std::string& option, const std::string& text, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 1 || number > most) {
    return Failure{exit_code::kUsage,
                   fmt::format("{} \"{}\": from 1 to {}", option, text, most), ""};
  }
  return number;
}

std::string time_text(const char* format) {
  return fmt::format(fmt::runtime(format), fmt::gmtime(std::time(nullptr)));
}

/// Of a model's name what may stand in the name of a file everywhere.
std::string file_word(std::string name) {
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '_') c = '-';
  }
  return name;
}

std::string place_of_result(const BenchWords& words, const std::string& model) {
  if (!words.file.empty()) return words.file;
  return fmt::format("{}/benches/{}-{}.json", data_directory(), time_text("{:%Y%m%dT%H%M%SZ}"),
                     file_word(model));
}

int say_plan(const Context& context, const llm::Server& server, const llm::Model& model,
             const bench::Plan& plan) {
  const std::string text =
      fmt::format("would ask {} at {} for {} answers of {} tokens from {}{}", name_of(server.kind()),
                  text_of(server.place()), plan.compare ? 2 * plan.runs : plan.runs, plan.tokens, model.name,
                  plan.compare ? fmt::format(", and pause and unpause the daemon {} times at most", 2 * plan.runs) : "");
  print(context, render::printable(text) + '\n');
  return exit_code::kOk;
}

int finish(const Context& context, const BenchWords& words, const bench::Report& report) {
  const std::string document = wire::to_text(bench::to_json(report));
  const std::string file = place_of_result(words, report.model.name);
  const auto saved = write_user_file(file, document + "\n");
  if (words.json) {
    print_document({document, {}});
  } else {
    print(context, bench::to_text(report, context.style));
    if (saved) print(context, fmt::format("Saved       {}\n", file));
  }
  return saved ? exit_code::kOk : client::report(context, saved.error());
}

int measure(const Context& context, const BenchWords& words, bench::Plan plan) {
  const auto server = llm::Server::find(words.at);
  if (!server) return report(context, server.error());
  const auto model = server->choose(words.model);
  if (!model) return report(context, model.error());
  if (context.dry_run) return say_plan(context, *server, *model, plan);
  catch_interrupts();
  bench::Report result;
  result.taken = time_text("{:%Y-%m-%dT%H:%M:%SZ}");
  result.server = fmt::format("{}{}{} at {}", name_of(server->kind()),
                              server->version().empty() ? "" : " ", server->version(),
                              text_of(server->place()));
  result.model = *model;
  result.plan = plan;
  result.machine = read_this_machine();
  {
    bench::Session session(context, *server, *model, plan, [&](const std::string& text) {
      if (!words.json) complain(context, text);
    });
    auto outcome = session.run();
    if (!outcome) return report(context, outcome.error());
    result.outcome = std::move(*outcome);
  }
  result.claimed = bench::find_claimed_speed(
      result.machine.reading.chip,
      static_cast<double>(result.machine.ram.value_or(base::Bytes{0}).value()), model->name,
      model->quantization);
  return finish(context, words, result);
}

}  // namespace

int run_bench(Context& context, Arguments& arguments) {
  BenchWords words;
  arguments
      .positional("MODEL", words.model, "Of Ollama; the loaded one, or the only one, when not given")
      .flag("--ab", words.compare,
            "Daemon paused and active by turns, in pairs by chance: does m1opt make it faster?")
      .option("--runs", words.runs, "N",
              "Of each, 6 when not given; fewer than 5 give no interval")
      .option("--tokens", words.tokens, "N", "To be generated in each run, 128 when not given")
      .option("--at", words.at, "HOST:PORT",
              "Ollama or llama-server; else OLLAMA_HOST, port 11434, port 8080")
      .option("-o", words.file, "FILE", "For the result; else in the user's data directory")
      .flag("--json", words.json, "One document {schema, machine, model, generation, prompt, runs}");
  if (const auto status = arguments.parse(context)) return *status;
  const auto runs = count_of("--runs", words.runs, kMostRuns);
  if (!runs) return report(context, runs.error());
  const auto tokens = count_of("--tokens", words.tokens, kMostTokens);
  if (!tokens) return report(context, tokens.error());
  return measure(context, words, {words.compare, *runs, *tokens, std::random_device{}()});
}

}  // namespace m1opt::client
