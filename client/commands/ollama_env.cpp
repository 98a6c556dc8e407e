#include "client/commands/ollama_env.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "client/amount.h"
#include "client/api.h"
#include "client/llm/server.h"
#include "client/mac/system.h"
#include "client/machine.h"
#include "client/render/format.h"
#include "client/render/text.h"
#include "client/settings/drop_in.h"
#include "client/settings/launch_agent.h"
#include "client/settings/running_ollama.h"
#include "client/user_files.h"
#include "wire/text.h"

namespace m1opt::client {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;
using settings::Change;

/// What is known of the machine and of the Ollama that runs on it.
struct Found {
  base::Bytes ram;
  std::string version;  ///< empty when it does not answer
  std::string silence;  ///< why it does not
  std::optional<settings::RunningOllama> running;
  settings::Era era{};
};

Expected<Found> look(const EnvironmentWords& words) {
  Found found;
  const auto ram = ram_of(words);
  if (!ram) return ram.error();
  found.ram = *ram;
  const auto server = llm::Server::find(words.at);
  if (server && server->kind() == llm::Kind::ollama) found.version = server->version();
  if (!server) found.silence = server.error().text;
  if (server && server->kind() != llm::Kind::ollama) found.silence = "only a llama-server answers";
  found.running = settings::find_running_ollama(*platform::make_process_table(""));
  found.era = settings::era_of(found.version, found.running);
  return found;
}

/// "not set", its value, or that it cannot be told.
std::string current_text(const Found& found, const std::string& name) {
  if (!found.running) return "Ollama does not run";
  if (!found.running->variables) return "unknown";
  const auto current = found.running->value_of(name);
  return current ? "now " + *current : "now not set";
}

value current_json(const Found& found, const std::string& name) {
  const auto current = found.running ? found.running->value_of(name) : std::nullopt;
  return current ? value(*current) : value(nullptr);
}

std::string heading(const Found& found) {
  std::string text = found.version.empty() ? fmt::format("Ollama does not answer ({})", found.silence)
                                           : "Ollama " + found.version;
  if (found.running) text += fmt::format(", pid {}", found.running->pid);
  text += fmt::format("; {}{}; for {} of RAM", found.version.empty() ? "if it is 0.30 or newer, " : "",
                      settings::text_of(found.era),
                      render::format_bytes(static_cast<double>(found.ram.value())));
  if (found.running && !found.running->variables) {
    text += fmt::format(". Its environment is not known: {}", found.running->why_not);
  }
  return text;
}

std::string table(const Context& context, const Found& found) {
  const auto width = static_cast<std::size_t>(context.style.width);
  std::string text = render::labelled("", 0, render::printable(heading(found)), width);
  for (const auto& row : settings::recommend(found.ram, found.era)) {
    const auto current = found.running ? found.running->value_of(row.name) : std::nullopt;
    const bool known = found.running && found.running->variables;
    const bool right = known && current == row.value;
    const std::string assignment = row.value ? fmt::format("{}={}", row.name, *row.value)
                                             : fmt::format("{} unset", row.name);
    text += render::paint(context.style, right ? render::Tone::good : render::Tone::strong, assignment);
    text += render::printable(fmt::format("  ({})", current_text(found, row.name))) + '\n';
    text += render::labelled("", 4, row.why, width);
  }
  for (const auto& stray : settings::stray_variables(found.era)) {
    const auto current = found.running ? found.running->value_of(stray.name) : std::nullopt;
    if (!current) continue;
    text += render::paint(context.style, render::Tone::bad, fmt::format("{} unset", stray.name));
    text += render::printable(fmt::format("  (now {})", *current)) + '\n';
    text += render::labelled("", 4, stray.why, width);
  }
  return text + "Make them last: m1optctl ollama env --apply; take that back: --remove\n";
}

object document(const Found& found, const std::vector<Change>& changes) {
  array variables;
  for (const auto& row : settings::recommend(found.ram, found.era)) {
    variables.push_back({{"name", row.name},
                         {"recommended", row.value ? value(*row.value) : value(nullptr)},
                         {"current", current_json(found, row.name)},
                         {"why", row.why}});
  }
  array strays;
  for (const auto& stray : settings::stray_variables(found.era)) {
    if (!found.running || !found.running->value_of(stray.name)) continue;
    strays.push_back({{"name", stray.name}, {"current", current_json(found, stray.name)}, {"why", stray.why}});
  }
  array list;
  for (const Change& change : changes) {
    list.push_back({{"name", change.name},
                    {"old", change.before ? value(*change.before) : value(nullptr)},
                    {"new", change.after ? value(*change.after) : value(nullptr)}});
  }
  const bool known = found.running && found.running->variables;
  return {{"schema", "m1opt.ollama_env/1"},
          {"version", M1OPT_VERSION},
          {"ram_bytes", found.ram.value()},
          {"server",
           {{"version", found.version.empty() ? value(nullptr) : value(found.version)},
            {"pid", found.running ? value(found.running->pid) : value(nullptr)},
            {"engine", found.era == settings::Era::native ? "native" : "llama_server"},
            {"environment_known", known}}},
          {"variables", std::move(variables)},
          {"strays", std::move(strays)},
          {"changes", std::move(list)}};
}

Expected<std::unique_ptr<settings::Keeping>> keeping_of_this_system(bool remove) {
  if (mac::is_mac()) {
    if (::geteuid() == 0) {
      return Failure{exit_code::kUsage, "root's session is not the one that Ollama runs in",
                     "Run it as the user who runs Ollama, without sudo"};
    }
    return settings::make_launch_agent({home_directory(), data_directory(), ::geteuid()},
                                       settings::run_system_tool);
  }
  if (remove) return settings::make_drop_ins(settings::find_drop_ins("", home_directory()), settings::run_system_tool);
  const auto place = settings::find_drop_in_place("", home_directory());
  if (!place) return place.error();
  return settings::make_drop_ins({*place}, settings::run_system_tool);
}

std::string changes_text(const std::vector<Change>& changes, const std::string& hint, bool dry_run) {
  if (changes.empty()) return dry_run ? "nothing would change\n" : "nothing to change\n";
  std::string text;
  for (const Change& change : changes) {
    text += render::printable(fmt::format("{}: {} -> {}", change.name, change.before.value_or("not set"),
                                          change.after.value_or("not set"))) + '\n';
  }
  return dry_run ? text : text + hint + '\n';
}

Expected<std::vector<Change>> carry_out(settings::Keeping& keeping, const EnvironmentWords& words,
                                        const Found& found, bool dry_run) {
  if (words.remove) return keeping.remove(dry_run);
  std::vector<settings::Variable> variables;
  for (const auto& row : settings::recommend(found.ram, found.era)) {
    if (row.value) variables.push_back({row.name, *row.value});
  }
  return keeping.apply(variables, dry_run);
}

}  // namespace

Expected<base::Bytes> ram_of(const EnvironmentWords& words) {
  if (!words.ram.empty()) {
    const auto size = parse_ram(words.ram);
    if (!size) return size.error();
    return base::Bytes{*size};
  }
  const auto ram = read_this_machine().ram;
  if (ram) return *ram;
  return Failure{exit_code::kFailure, "how much RAM there is cannot be read", "Say it: --ram 16G"};
}

int run_ollama_env(const Context& context, const EnvironmentWords& words) {
  const auto found = look(words);
  if (!found) return report(context, found.error());
  std::vector<Change> changes;
  std::string hint;
  if (words.apply || words.remove) {
    const auto keeping = keeping_of_this_system(words.remove);
    if (!keeping) return report(context, keeping.error());
    auto done = carry_out(**keeping, words, *found, context.dry_run);
    if (!done) return report(context, done.error());
    changes = std::move(*done);
    hint = (*keeping)->hint();
  }
  if (words.json) {
    print_document({wire::to_text(document(*found, changes)), {}});
  } else if (words.apply || words.remove) {
    print(context, changes_text(changes, hint, context.dry_run));
  } else {
    print(context, table(context, *found));
  }
  return exit_code::kOk;
}

}  // namespace m1opt::client
