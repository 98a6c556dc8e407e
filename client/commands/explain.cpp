#include <fmt/format.h>

#include "client/api.h"
#include "client/commands/all.h"
#include "client/commands/explain_reference.h"
#include "client/json_view.h"
#include "client/render/event.h"
#include "client/render/text.h"

namespace m1opt::client {
namespace {

using boost::json::value;

std::size_t width_of(const Context& context) {
  return static_cast<std::size_t>(context.style.width);
}

std::string explanation(const Context& context, const value& document) {
  std::string text;
  for (const value& line : list_at(document, "lines")) {
    if (line.is_string()) {
      text += render::labelled("- ", 2, render::printable(std::string_view(line.get_string())),
                               width_of(context));
    }
  }
  const auto& events = list_at(document, "events");
  if (!events.empty()) text += render::paint(context.style, render::Tone::strong, "Events") + '\n';
  const auto now = std::chrono::system_clock::now();
  for (const value& event : events) text += render::render_event(event, context.style, now);
  return text.empty() ? "nothing is known about it\n" : text;
}

/// Words, not only colour: what each rule does at this moment.
std::string state_of(const value& rule) {
  if (!flag_at(rule, "enabled")) return "off";
  if (flag_at(rule, "acting")) return "acts";
  return flag_at(rule, "tripped") ? "tripped" : "quiet";
}

render::Tone tone_of(std::string_view state) {
  if (state == "acts") return render::Tone::bad;
  return state == "tripped" ? render::Tone::warning : render::Tone::faint;
}

/// How far a rule is from acting: its groups' distances, and what it needs besides.
std::string distance_of(const value& rule) {
  std::string text;
  for (const value& group : list_at(rule, "any")) {
    const boost::json::array* detectors = group.if_array();
    std::string all;
    for (std::size_t i = 0; detectors != nullptr && i < detectors->size(); ++i) {
      const std::string one = text_at((*detectors)[i], "distance");
      if (!one.empty()) all += (all.empty() ? "" : "; and ") + one;
    }
    if (!all.empty()) text += (text.empty() ? "" : "; or ") + all;
  }
  const std::string needs = text_at(rule, "needs");
  if (text.empty() || needs == "nothing") return text;
  return text + "; acts while a workload is busy" +
         (needs == "busy" ? "" : ", or one is loaded under memory pressure");
}

std::string overview(const Context& context, const value& document) {
  std::string text;
  for (const value& rule : list_at(document, "rules")) {
    const std::string state = state_of(rule);
    text += fmt::format("{} {}\n",
                        render::paint(context.style, render::Tone::strong,
                                      render::printable(text_at(rule, "name"))),
                        render::paint(context.style, tone_of(state), "[" + state + "]"));
    std::string now = state == "quiet" ? distance_of(rule) : "";
    if (now.empty()) now = text_at(rule, "text");
    for (const std::string& sentence : {now, text_at(rule, "why")}) {
      if (!sentence.empty()) {
        text += render::labelled("", 2, render::printable(sentence), width_of(context));
      }
    }
  }
  return text + "More: m1optctl explain RULE\n";
}

/// Event ids are "epoch.sequence"; no target and no rule looks like that.
bool is_event_id(std::string_view subject) {
  const std::size_t dot = subject.rfind('.');
  return dot != std::string_view::npos && dot > 0 && dot + 1 < subject.size() &&
         subject.find_first_not_of("0123456789", dot + 1) == std::string_view::npos;
}

bool is_pid(std::string_view subject) {
  return !subject.empty() && subject.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Every row that something matches now, process by process; the others by name.
std::string matches(const Context& context, const value& document) {
  std::string text;
  std::string absent;
  for (const value& row : list_at(document, "targets")) {
    const auto& processes = list_at(row, "processes");
    const auto& refused = list_at(row, "refused");
    const std::string name = render::printable(text_at(row, "name"));
    if (processes.empty() && refused.empty()) {
      absent += (absent.empty() ? "" : ", ") + name;
      continue;
    }
    text += fmt::format("{} (at most {})\n", render::paint(context.style, render::Tone::strong, name),
                        render::printable(text_at(row, "mode")));
    for (const value& process : processes) {
      text += render::labelled("", 2,
                               fmt::format("{} pid {}: {}", render::printable(text_at(process, "name")),
                                           text_at(process, "id.pid"),
                                           render::printable(text_at(process, "why"))),
                               width_of(context));
    }
    for (const value& process : refused) {
      text += render::labelled("", 2,
                               fmt::format("{} pid {} is left alone: {}",
                                           render::printable(text_at(process, "name")),
                                           text_at(process, "id.pid"),
                                           render::printable(text_at(process, "why"))),
                               width_of(context));
    }
  }
  if (text.empty()) text = "No process of this machine matches a target now.\n";
  if (!absent.empty()) text += render::labelled("Not running: ", 13, absent, width_of(context));
  return text + "More: m1optctl explain TARGET, m1optctl explain PID\n";
}

Expected<Document> explain(const Context& context, const std::string& subject) {
  if (subject.empty()) return ask(context, {"GET", "/v1/rules"});
  const std::string name = escape_segment(subject);
  if (is_pid(subject)) return ask(context, {"GET", "/v1/explain/process/" + name});
  if (is_event_id(subject)) return ask(context, {"GET", "/v1/explain/event/" + name});
  auto target = ask(context, {"GET", "/v1/explain/target/" + name});
  if (target || target.error().problem != "not_found") return target;
  auto rule = ask(context, {"GET", "/v1/explain/rule/" + name});
  if (rule || rule.error().problem != "not_found") return rule;
  return Failure{exit_code::kFailure, fmt::format("\"{}\" is no event, target, rule or process id", subject),
                 "See the rules: m1optctl explain; the targets: m1optctl explain --targets"};
}

}  // namespace

int run_explain(Context& context, Arguments& arguments) {
  std::string subject;
  bool targets = false;
  bool json = false;
  arguments
      .positional("SUBJECT", subject,
                  "An event's id, a target, a rule or a process id; every rule when not given; "
                  "\"reference\": what is widely recommended, and what is true of it")
      .flag("--targets", targets, "What would match on this machine now, and what is left alone")
      .flag("--json", json, "The API's document, unchanged");
  if (const auto status = arguments.parse(context)) return *status;
  if (subject == "reference") return explain_reference(context, json);
  if (targets && !subject.empty()) {
    return report(context, {exit_code::kUsage, "explain --targets takes no subject",
                            "See: m1optctl help explain"});
  }
  const auto document =
      targets ? ask(context, {"GET", "/v1/targets"}) : explain(context, subject);
  if (!document) return report(context, document.error());
  if (json) {
    print_document(*document);
  } else if (targets) {
    print(context, matches(context, document->value));
  } else {
    print(context, subject.empty() ? overview(context, document->value)
                                   : explanation(context, document->value));
  }
  return exit_code::kOk;
}

}  // namespace m1opt::client
