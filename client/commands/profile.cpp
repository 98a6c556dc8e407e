#include <fmt/format.h>

#include "client/api.h"
#include "client/commands/all.h"
#include "client/json_view.h"
#include "client/profile_choice.h"
#include "client/render/text.h"
#include "client/reply.h"
#include "wire/profiles.h"

namespace m1opt::client {
namespace {

using boost::json::value;
using render::printable;

constexpr std::size_t kNameColumn = 18;

/// One of the list; the marks are words, for whoever sees no colour.
std::string row(const Context& context, const std::string& name, const std::string& summary,
                bool active, const std::string& older) {
  std::string text = summary;
  if (!older.empty()) text += fmt::format(" ({} elsewhere)", older);
  const auto width = static_cast<std::size_t>(context.style.width);
  const std::string label = fmt::format("{} {}", active ? "*" : " ", name);
  return render::labelled(
      active ? render::paint(context.style, render::Tone::good, label) : label, kNameColumn, text,
      width);
}

std::string listing(const Context& context, const value& document) {
  const auto width = static_cast<std::size_t>(context.style.width);
  const std::string choice = printable(text_at(document, "choice"));
  const std::string profile = printable(text_at(document, "profile"));
  std::string text = render::labelled(
      "In use", kNameColumn,
      fmt::format("{}{}: {}", profile, choice == profile ? "" : " (" + choice + ")",
                  printable(text_at(document, "reason"))),
      width);
  if (choice != "auto") {
    text += render::labelled("auto would be", kNameColumn,
                             fmt::format("{}: {}", printable(text_at(document, "automatic")),
                                         printable(text_at(document, "automatic_reason"))),
                             width);
  }
  for (const value& entry : list_at(document, "profiles")) {
    std::string older;
    for (const value& name : list_at(entry, "older_names")) {
      if (name.is_string()) older += (older.empty() ? "" : ", ") + std::string(name.get_string());
    }
    text += row(context, printable(text_at(entry, "name")), printable(text_at(entry, "summary")),
                flag_at(entry, "active"), printable(older));
  }
  return text + "More: m1optctl profile show NAME, m1optctl profile use NAME --dry-run\n";
}

/// What is built in, for when nobody can tell what is in use.
std::string plain_listing(const Context& context) {
  std::string text;
  for (const wire::Profile& profile : wire::profiles()) {
    text += row(context, std::string(profile.name), std::string(wire::summary_of(profile)), false,
                fmt::format("{}", fmt::join(wire::older_names_of(profile.name), ", ")));
  }
  return text;
}

int list(const Context& context, bool json) {
  const auto document = ask(context, {"GET", "/v1/profiles"});
  if (document && json) {
    print_document(*document);
  } else if (document) {
    print(context, listing(context, document->value));
  } else {
    if (!json) print(context, plain_listing(context));
    return report(context, document.error());
  }
  return exit_code::kOk;
}

/// The overlays as they are written, comments included.
int show(const Context& context, const std::string& name) {
  const auto own = take_profile_choice(context, name);
  if (!own) return report(context, own.error());
  const auto overlays = wire::profile_overlays(*own);
  if (overlays.empty()) {
    print(context, *own == "auto"
                       ? "auto: by RAM, fans, battery and display; see: m1optctl profile list\n"
                       : "none: the configuration without any profile\n");
  }
  for (const auto& overlay : overlays) print_document({overlay.text, {}});
  return exit_code::kOk;
}

int use(const Context& context, const std::string& name, bool json) {
  if (name != "config") {
    if (const auto own = take_profile_choice(context, name); !own) return report(context, own.error());
  }
  return change(context, "/v1/profile", {{"name", name}}, "PUT", json);
}

}  // namespace

int run_profile(Context& context, Arguments& arguments) {
  std::string verb;
  std::string name;
  bool json = false;
  arguments
      .positional("list", verb,
                  "list: the profiles, and which is in use and why | show NAME: what it sets | use "
                  "NAME: use it, over restarts too")
      .positional("NAME", name,
                  "A profile, or several joined by + (8gb+fanless); for use also auto, none, and "
                  "config: what the configuration says")
      .flag("--json", json, "For list and use: the API's document, unchanged");
  if (const auto status = arguments.parse(context)) return *status;
  if (verb == "list" && name.empty()) return list(context, json);
  if (verb == "show" && !name.empty()) return show(context, name);
  if (verb == "use" && !name.empty()) return use(context, name, json);
  std::string fault = fmt::format("profile: unknown \"{}\"", verb);
  if (verb.empty()) fault = "profile: say what";
  if (verb == "list") fault = "profile list takes no name";
  if (verb == "show" || verb == "use") fault = fmt::format("profile {}: say which", verb);
  return report(context, {exit_code::kUsage, fault, "Known: list, show NAME, use NAME"});
}

}  // namespace m1opt::client
