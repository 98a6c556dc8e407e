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

std::string overview(const Context& context, const value& document) {
  std::string text;
  for (const value& rule : list_at(document, "rules")) {
    const std::string state = state_of(rule);
    text += fmt::format("{} {}\n",
                        render::paint(context.style, render::Tone::strong,
                                      render::printable(text_at(rule, "name"))),
                        render::paint(context.style, tone_of(state), "[" + state + "]"));
    for (const char* path : {"text", "why"}) {
      const std::string sentence = render::printable(text_at(rule, path));
      if (!sentence.empty()) text += render::labelled("", 2, sentence, width_of(context));
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

Expected<Document> explain(const Context& context, const std::string& subject) {
  if (subject.empty()) return ask(context, {"GET", "/v1/rules"});
  const std::string name = escape_segment(subject);
  if (is_event_id(subject)) return ask(context, {"GET", "/v1/explain/event/" + name});
  auto target = ask(context, {"GET", "/v1/explain/target/" + name});
  if (target || target.error().problem != "not_found") return target;
  auto rule = ask(context, {"GET", "/v1/explain/rule/" + name});
  if (rule || rule.error().problem != "not_found") return rule;
  return Failure{exit_code::kFailure, fmt::format("\"{}\" is no event, target or rule", subject),
                 "See the rules: m1optctl explain; the targets: m1optctl api GET /v1/targets"};
}

}  // namespace

int run_explain(Context& context, Arguments& arguments) {
  std::string subject;
  bool json = false;
  arguments
      .positional("SUBJECT", subject,
                  "An event's id, a target or a rule; every rule when not given; \"reference\": "
                  "what is widely recommended, and what is true of it")
      .flag("--json", json, "The API's document, unchanged");
  if (const auto status = arguments.parse(context)) return *status;
  if (subject == "reference") return explain_reference(context, json);
  const auto document = explain(context, subject);
  if (!document) return report(context, document.error());
  if (json) {
    print_document(*document);
  } else {
    print(context, subject.empty() ? overview(context, document->value)
                                   : explanation(context, document->value));
  }
  return exit_code::kOk;
}

}  // namespace m1opt::client
