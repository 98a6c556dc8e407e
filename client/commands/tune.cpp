#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "client/commands/all.h"
#include "client/render/text.h"
#include "client/tune/both_parts.h"
#include "client/tune/document.h"
#include "client/tune/text.h"
#include "settings/own_system.h"
#include "wire/text.h"

namespace m1opt::client {
namespace {

namespace os = m1opt::settings;
using tune::Row;
using tune::Wish;

struct Words {
  std::string verb;
  Wish wish;
  bool yes{false};
  bool json{false};
};

void print_json(const boost::json::object& document) { print_document({wire::to_text(document), {}}); }

bool has_cost(const Row& row) { return row.outcome == "would" && !row.setting.cost.empty(); }

/// A word from the terminal; false where there is none.
bool is_confirmed(const Context& context) {
  print(context, "Go on? [y/N] ");
  std::fflush(stdout);
  std::array<char, 16> answer{};
  if (std::fgets(answer.data(), static_cast<int>(answer.size()), stdin) == nullptr) return false;
  return answer[0] == 'y' || answer[0] == 'Y';
}

int list(const Context& context, const Words& words) {
  tune::BothParts parts(context, words.wish, tune::OwnPart::Use::read);
  if (words.json) {
    std::vector<Row> rows;
    for (const os::Setting& setting : os::table(words.wish.system)) rows.push_back({setting});
    print_json(tune::document("m1opt.tune/1", rows));
  } else {
    const bool is_own = words.wish.system == os::own_system();
    print(context, tune::list_text(context, words.wish.system, is_own ? parts.changed() : std::vector<std::string>{}));
  }
  parts.tell_missing();
  return parts.exit_status();
}

/// What is not among those that are meant.
std::vector<os::Setting> others(const Wish& wish, const std::vector<os::Setting>& meant, bool changing) {
  std::vector<os::Setting> rest;
  for (const os::Setting& row : os::table(wish.system)) {
    const bool is_meant = std::any_of(meant.begin(), meant.end(), [&](const os::Setting& each) { return each.name == row.name; });
    if (!is_meant && row.changes() == changing) rest.push_back(row);
  }
  return rest;
}

std::string heading(const Context& context, const std::string& text) {
  return render::labelled("", 0, render::paint(context.style, render::Tone::strong, text),
                          static_cast<std::size_t>(context.style.width)) + '\n';
}

/// The rows that are meant, then all others, so that nothing is hidden.
std::string whole_plan(const Context& context, const Wish& wish, tune::BothParts& parts,
                       const std::vector<os::Setting>& meant, const std::vector<Row>& rows) {
  const std::string which = wish.all ? "All that can be changed" : fmt::format("Profile {}", wish.profile.empty() ? "conservative" : wish.profile);
  std::string text = heading(context, which + ". Nothing is changed by looking; m1optctl tune undo brings back "
                                              "exactly what was there.") +
                     tune::plan_text(context, rows);
  if (const auto rest = others(wish, meant, true); !rest.empty()) {
    text += '\n' + heading(context, "Not in it. Each can be had by its name: m1optctl tune apply NAME") +
            tune::plan_text(context, parts.plan(rest));
  }
  if (const auto told = others(wish, meant, false); !told.empty()) {
    text += '\n' + heading(context, "Often recommended, and done otherwise or not at all") +
            tune::plan_text(context, parts.plan(told));
  }
  return text;
}

int plan(const Context& context, const Words& words) {
  const auto meant = tune::select(words.wish);
  if (!meant) return report(context, meant.error());
  tune::BothParts parts(context, words.wish, tune::OwnPart::Use::read);
  const std::vector<Row> rows = parts.plan(*meant);
  if (words.json) {
    print_json(tune::document("m1opt.tune/1", rows));
  } else if (words.wish.names.empty()) {
    print(context, whole_plan(context, words.wish, parts, *meant, rows));
  } else {
    print(context, tune::plan_text(context, rows));
  }
  parts.tell_missing();
  return parts.exit_status();
}

/// Nothing: go on.
std::optional<int> find_obstacle(const Context& context, const Words& words, const std::vector<Row>& rows) {
  if (words.yes || std::none_of(rows.begin(), rows.end(), has_cost)) return std::nullopt;
  if (::isatty(STDIN_FILENO) == 0 || words.json) {
    return report(context, {exit_code::kUsage, "some of these cost something, and nobody is here to ask",
                            "Go on all the same: --yes"});
  }
  if (is_confirmed(context)) return std::nullopt;
  print(context, "nothing changed\n");
  return exit_code::kOk;
}

int apply(const Context& context, const Words& words) {
  const auto meant = tune::select(words.wish);
  if (!meant) return report(context, meant.error());
  tune::BothParts parts(context, words.wish,
                        context.dry_run ? tune::OwnPart::Use::read : tune::OwnPart::Use::write);
  std::vector<Row> rows = parts.without_foreign(parts.plan(*meant));
  if (!words.json) print(context, tune::intent_text(context, rows));
  if (!context.dry_run) {
    if (const auto status = find_obstacle(context, words, rows)) return *status;
    rows = parts.apply(rows);
  }
  if (words.json) {
    print_json(tune::document("m1opt.tune_result/1", rows));
  } else if (!context.dry_run) {
    print(context, tune::applied_text(context, rows));
  } else if (std::none_of(rows.begin(), rows.end(), [](const Row& row) { return row.outcome == "would"; })) {
    print(context, "nothing would change\n");
  }
  parts.tell_missing();
  return tune::exit_status_of(rows);
}

int undo(const Context& context, const Words& words) {
  if (words.wish.names.empty() && !words.wish.all) {
    return report(context, {exit_code::kUsage, "tune undo: say which, or --all", "See: m1optctl tune history"});
  }
  tune::BothParts parts(context, words.wish,
                        context.dry_run ? tune::OwnPart::Use::read : tune::OwnPart::Use::write);
  if (const auto unknown = parts.find_unknown()) return report(context, *unknown);
  const std::vector<Row> rows = parts.undo(context.dry_run);
  if (words.json) {
    print_json(tune::document("m1opt.tune_result/1", rows));
  } else if (!rows.empty() || parts.knows_all()) {
    print(context, tune::undone_text(context, rows, context.dry_run));
  }
  parts.tell_missing();
  return std::max(tune::exit_status_of(rows), parts.exit_status());
}

int verify(const Context& context, const Words& words) {
  tune::BothParts parts(context, words.wish, tune::OwnPart::Use::read);
  if (const auto unknown = parts.find_unknown()) return report(context, *unknown);
  const std::vector<Row> rows = parts.verify();
  if (words.json) {
    print_json(tune::document("m1opt.tune_result/1", rows));
  } else if (!rows.empty() || parts.knows_all()) {
    print(context, tune::verified_text(context, rows));
  }
  parts.tell_missing();
  return std::max(tune::exit_status_of(rows), parts.exit_status());
}

int history(const Context& context, const Words& words) {
  tune::BothParts parts(context, words.wish, tune::OwnPart::Use::read);
  if (const auto unknown = parts.find_unknown()) return report(context, *unknown);
  const boost::json::array records = parts.records();
  if (words.json) {
    print_json({{"schema", "m1opt.tune_history/1"}, {"version", M1OPT_VERSION}, {"records", records}});
  } else if (!records.empty() || parts.knows_all()) {
    print(context, tune::history_text(context, records));
  }
  parts.tell_missing();
  return parts.exit_status();
}

struct Verb {
  const char* name;
  int (*run)(const Context& context, const Words& words);
  bool other_system;  ///< may be asked of the system that this is not
  bool recorded;      ///< takes names that are only in a journal, of another version
};
constexpr std::array kVerbs{
    Verb{"list", list, true, false},      Verb{"plan", plan, true, false}, Verb{"apply", apply, false, false},
    Verb{"verify", verify, false, true}, Verb{"undo", undo, false, true}, Verb{"history", history, false, true},
};

Failure unknown(const std::string& verb) {
  return {exit_code::kUsage, verb.empty() ? "tune: say what" : fmt::format("tune: unknown \"{}\"", verb),
          "Known: list, plan, apply, verify, undo, history"};
}

}  // namespace

int run_tune(Context& context, Arguments& arguments) {
  Words words;
  std::string system;
  arguments
      .positional("list", words.verb,
                  "list: every setting | plan: old and new value, cost and gain | apply | verify: is it still as it "
                  "was set | undo NAME... or --all: exactly as it was | history")
      .positionals("NAME...", words.wish.names, "These settings, instead of a profile's")
      .option("--profile", words.wish.profile, "P", "conservative (if none is said), moderate or aggressive")
      .flag("--all", words.wish.all, "All that can be changed; for undo: all that was")
      .flag("--yes", words.yes, "Go on without asking, whatever it costs")
      .option("--os", system, "S", "For list and plan: the rows of macos or of linux")
      .flag("--json", words.json, "As JSON");
  if (const auto status = arguments.parse(context)) return *status;
  words.wish.system = os::own_system();
  const auto verb = std::find_if(kVerbs.begin(), kVerbs.end(), [&](const Verb& each) { return words.verb == each.name; });
  if (verb == kVerbs.end()) return report(context, unknown(words.verb));
  if (!system.empty()) {
    const auto other = os::system_of(system);
    if (!other) return report(context, {exit_code::kUsage, "--os: expected macos or linux", ""});
    if (*other != words.wish.system && !verb->other_system) {
      return report(context, {exit_code::kUsage, "only list and plan know another system", ""});
    }
    words.wish.system = *other;
  }
  const bool is_looked_up = verb->recorded && !words.wish.names.empty();
  if (const auto known = tune::select(words.wish); !known && !is_looked_up) return report(context, known.error());
  return verb->run(context, words);
}

}  // namespace m1opt::client
