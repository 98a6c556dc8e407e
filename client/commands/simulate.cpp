#include "client/commands/all.h"
#include "client/api.h"
#include "client/profile_choice.h"
#include "client/simulate/report.h"
#include "wire/encode.h"
#include "wire/profiles.h"
#include "wire/text.h"

namespace m1opt::client {

int run_simulate(Context& context, Arguments& arguments) {
  std::string trace;
  std::string config;
  std::string other;
  std::string profile;
  bool json = false;
  arguments
      .positional("TRACE", trace,
                  "A recorded trace (m1optctl trace -o FILE); - is standard input. Readings stay as "
                  "recorded; holds act on the held processes alone")
      .option("--config", config, "FILE",
              "Decide by this instead of the trace's own configuration: a whole one, or what is to differ")
      .option("--profile", profile, "NAME", "Lay this profile over the configuration, where that is as shipped")
      .option("--diff", other, "FILE", "Another one, to be shown beside it")
      .flag("--json", json, "One JSON document, with every decision and event");
  if (const auto status = arguments.parse(context)) return *status;
  if (trace.empty()) {
    return report(context, {exit_code::kUsage, "simulate: which trace?", "See: m1optctl help simulate"});
  }
  if (!profile.empty()) {
    const auto choice = take_profile_choice(context, profile);
    if (!choice) return report(context, choice.error());
    profile = *choice;
    if (wire::profile_overlays(profile).empty()) {
      return report(context, {exit_code::kUsage, "simulate: a trace does not tell what " + profile + " would be",
                              "Name a profile; see: m1optctl profile list"});
    }
  }
  const auto simulation = simulate(trace, config, other, profile);
  if (!simulation) return report(context, simulation.error());
  if (json) {
    print_document({wire::to_text(wire::encode(*simulation)), {}});
  } else {
    print(context, render_simulation(*simulation, context.style));
  }
  return exit_code::kOk;
}

}  // namespace m1opt::client
