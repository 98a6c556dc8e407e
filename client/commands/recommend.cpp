#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "client/api.h"
#include "client/commands/all.h"
#include "client/planning/machines.h"
#include "client/planning/recommendation.h"
#include "wire/text.h"

namespace m1opt::client {
namespace {

constexpr std::size_t kShown = 12;

}  // namespace

int run_recommend(Context& context, Arguments& arguments) {
  std::string ram;
  std::string system;
  std::string chip;
  std::string use;
  bool all = false;
  bool json = false;
  arguments.option("--ram", ram, "16G", "For another machine with so much")
      .option("--os", system, "macos|linux", "Of that machine; macos when not given")
      .option("--chip", chip, "\"M1 Pro\"", "Its chip, for the speed")
      .option("--use", use, "USE", "chat, coding, reasoning or vision; any when not given")
      .flag("--all", all, "All that fit, not only the twelve largest")
      .flag("--json", json, "One document {schema, ram_bytes, use, models, commonly_named}");
  if (const auto status = arguments.parse(context)) return *status;
  const auto uses = advise::uses();
  if (!use.empty() && std::find(uses.begin(), uses.end(), use) == uses.end()) {
    return report(context, {exit_code::kUsage, fmt::format("--use \"{}\" is none of {}", use, fmt::join(uses, ", ")), ""});
  }
  const auto machine = planning::machine_for(ram, system, chip);
  if (!machine) return report(context, machine.error());
  const auto recommendation = planning::recommend(*machine, use);
  if (json) {
    print_document({wire::to_text(planning::to_json(recommendation)), {}});
  } else {
    print(context, planning::to_text(recommendation, all ? 0 : kShown, context.style));
  }
  return exit_code::kOk;
}

}  // namespace m1opt::client
