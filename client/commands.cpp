#include "client/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "client/commands/all.h"
#include "client/render/text.h"
#include "wire/nearest.h"

namespace m1opt::client {
namespace {

/// One line of help for those that do the same in different directions.
constexpr const char* kPauseSummary =
    "Undo all and stay away, 30m when no time is given; end that";
constexpr const char* kHoldSummary =
    "Stop a target by hand, for 1m or so long; let go what is held";
constexpr const char* kServiceSummary = "The daemon, by systemd or launchd; it undoes all first";
constexpr const char* kModelsSummary = "What is here, what it takes, what fits; offline";
constexpr const char* kTraceSummary =
    "The recorded trace; what the policy would have done over it";
constexpr const char* kOwnSummary = "m1opt's settings: made for this machine; check, show, reload";
constexpr const char* kDoctorSummary = "Finding and exact fix: m1opt, Python and MLX, cooling";
constexpr const char* kHelpSummary = "Versions of both; this list, or one verb in full";

constexpr std::array kCommands{
    Command{"status", "[--json]", "What m1opt sees, what it holds, and why", false, run_status},
    Command{"events", "[--follow] [--since 8h] [--json]", "What happened, oldest first", false,
            run_events},
    Command{"history", "[METRIC|effects] [--since 8h] [--plot] [--json]",
            "What a reading was, what each hold changed; alone: which there are", false, run_history},
    Command{"explain", "[EVENT|TARGET|RULE|PID|reference] [--targets] [--json]",
            "Which rule, which reading, and why not; alone: every rule", false, run_explain},
    Command{"pause", "[30m] [--until-unpause]", kPauseSummary, true, run_pause},
    Command{"unpause", "", kPauseSummary, true, run_unpause},
    Command{"suspend", "NAME|PID [FOR]", kHoldSummary, true, run_suspend},
    Command{"resume", "[NAME|PID] [--all]", kHoldSummary, true, run_resume},
    Command{"run", "-- CMD...", "Run CMD as an LLM workload; its exit status is CMD's", false,
            run_run},
    Command{"recover", "[--daemon PATH]", "Undo everything left behind; works with the daemon dead",
            true, run_recover},
    Command{"trace", "[-o FILE] [--since 8h]", kTraceSummary, false, run_trace},
    Command{"simulate", "TRACE [--config FILE] [--profile NAME] [--diff FILE] [--json]", kTraceSummary, false, run_simulate},
    Command{"models", "[DIR] [--quants] [--ram 16G] [--json]", kModelsSummary, false, run_models},
    Command{"plan", "MODEL [--ctx N] [--kv q8_0] [--ram 16G] [--across A,B] [--json]", kModelsSummary,
            false, run_plan},
    Command{"recommend", "[--ram 16G] [--use coding] [--json]", kModelsSummary, false, run_recommend},
    Command{"bench", "[MODEL] [--ab] [--runs N] [-o FILE] [--json]",
            "Tokens a second by the server's own count; --ab: what m1opt gains", true, run_bench},
    Command{"ollama", "env [--apply|--remove] | modelfile MODEL [--ctx N] [--json]",
            "Ollama's variables, right for this RAM and made to last; a Modelfile", true, run_ollama},
    Command{"profile", "list | show NAME | use NAME [--json]", kOwnSummary, true, run_profile},
    Command{"config", "check [FILE] | show | default | reload", kOwnSummary, true, run_config},
    Command{"tune", "list | plan | apply | verify | undo | history [NAME...] [--profile P] [--all] [--json]",
            "The system's settings, with what each costs; undone exactly", true, run_tune},
    Command{"doctor", "[--json]", kDoctorSummary, false, run_doctor},
    Command{"python", "check | setup DIR [--mlx] [--torch] [--python 3.12] [--yes] [--json]", kDoctorSummary,
            true, run_python},
    Command{"fans", "[--json]", kDoctorSummary, false, run_fans},
    Command{"start", "", kServiceSummary, true, run_start},
    Command{"stop", "", kServiceSummary, true, run_stop},
    Command{"restart", "", kServiceSummary, true, run_restart},
    Command{"api", "METHOD PATH [BODY]", "One request to the daemon's API, as it is", false,
            run_api},
    Command{"version", "[--json]", kHelpSummary, false, run_version},
    Command{"help", "[VERB]", kHelpSummary, false, run_help},
};

constexpr std::array kAliases{
    Alias{"--analyze", "status"},
    Alias{"emergency", "resume --all"},
    Alias{"--dry-run", "tune plan"},
    Alias{"--aggressive", "tune apply --profile aggressive"},
};

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t blank = text.find(' ');
    words.emplace_back(text.substr(0, blank));
    text = blank == std::string_view::npos ? std::string_view{} : text.substr(blank + 1);
  }
  return words;
}

/// The words from the verb on, an old word replaced by its verb.
std::vector<std::string> without_alias(std::span<const std::string> words) {
  for (const Alias& alias : kAliases) {
    if (words.front() != alias.word) continue;
    std::vector<std::string> replaced = split(alias.verb);
    replaced.insert(replaced.end(), words.begin() + 1, words.end());
    return replaced;
  }
  return {words.begin(), words.end()};
}

int unknown_verb(const Context& context, const std::string& word) {
  std::vector<std::string> names;
  for (const Command& command : kCommands) names.emplace_back(command.name);
  const std::string nearest = wire::nearest(word, names);
  return report(context, {exit_code::kUsage, fmt::format("unknown verb \"{}\"", word),
                          nearest.empty() ? "See: m1optctl help"
                                          : fmt::format("Did you mean: m1optctl {}", nearest)});
}

/// Options that stand before the verb, with their values; the verb parses them.
std::size_t leading_options(std::span<const std::string> words) {
  std::size_t i = 0;
  while (i < words.size()) {
    const std::string& word = words[i];
    if (word == "--socket" || word == "--state-dir" || word == "--color") {
      i += 2;
    } else if (word.starts_with("--socket=") || word.starts_with("--state-dir=") ||
               word.starts_with("--color=")) {
      i += 1;
    } else {
      break;
    }
  }
  return std::min(i, words.size());
}

}  // namespace

std::span<const Command> commands() { return kCommands; }
std::span<const Alias> aliases() { return kAliases; }

const Command* find_command(std::string_view name) {
  for (const Command& command : kCommands) {
    if (name == command.name) return &command;
  }
  return nullptr;
}

std::string help_text(const Context& context) {
  const auto width = static_cast<std::size_t>(context.style.width);
  std::string out =
      "m1optctl shows what m1optd does for local LLM inference, why, and takes it back.\n"
      "Usage: m1optctl [--socket PATH] [--color auto|always|never] VERB ...\n";
  constexpr std::size_t kLabel = 12;
  for (std::size_t i = 0; i < kCommands.size(); ++i) {
    std::string names = fmt::format("  {}", kCommands[i].name);
    // Verbs that do the same thing in different directions share a line.
    while (i + 1 < kCommands.size() && std::string_view(kCommands[i].summary) == kCommands[i + 1].summary) {
      names += fmt::format(", {}", kCommands[++i].name);
    }
    if (names.size() >= kLabel) names += "  ";
    out += render::labelled(names, std::max(kLabel, names.size()), kCommands[i].summary, width);
  }
  std::vector<std::string> words;
  for (const Alias& alias : kAliases) words.push_back(fmt::format("{} = {}", alias.word, alias.verb));
  return out + render::labelled("Older words:", 13, fmt::format("{}", fmt::join(words, ", ")), width) +
         "Exit status: 0 done, 1 failed, 2 usage, 3 daemon not running, 4 not permitted,\n"
         "  5 degraded, 6 config invalid, 7 timed out. More: m1optctl help VERB\n";
}

int run_program(Context context, const std::vector<std::string>& words) {
  const std::span<const std::string> all(words);
  const std::size_t before = leading_options(all);
  if (before == all.size()) {
    complain(context, "no verb given. See: m1optctl help");
    return exit_code::kUsage;
  }
  std::vector<std::string> rest = without_alias(all.subspan(before));
  if (rest.front() == "-h" || rest.front() == "--help") rest.front() = "help";
  if (rest.front() == "-V" || rest.front() == "--version") rest.front() = "version";
  const Command* command = find_command(rest.front());
  if (command == nullptr) return unknown_verb(context, rest.front());
  std::vector<std::string> own(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(before));
  own.insert(own.end(), rest.begin() + 1, rest.end());
  Arguments arguments(*command, std::move(own));
  return command->run(context, arguments);
}

}  // namespace m1opt::client
