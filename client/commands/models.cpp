#include "client/api.h"
#include "client/commands/all.h"
#include "client/planning/listing.h"
#include "client/planning/machines.h"
#include "wire/text.h"

namespace m1opt::client {

int run_models(Context& context, Arguments& arguments) {
  std::string directory;
  std::string ram;
  std::string system;
  std::string chip;
  bool quants = false;
  bool json = false;
  arguments.positional("DIR", directory, "A store of Ollama's, or a directory of GGUF files; Ollama's own store when not given")
      .option("--ram", ram, "16G", "What would fit another machine with so much")
      .option("--os", system, "macos|linux", "Of that machine; macos when not given")
      .option("--chip", chip, "\"M1 Pro\"", "Its chip, for the speed")
      .flag("--quants", quants, "The mixes of weights, with the bits that they really take")
      .flag("--json", json, "One document {schema, place, models, problems}, or {schema, mixes, types}");
  if (const auto status = arguments.parse(context)) return *status;
  if (quants) {
    if (json) {
      print_document({wire::to_text(planning::quants_json()), {}});
    } else {
      print(context, planning::quants_text(context.style));
    }
    return exit_code::kOk;
  }
  const auto machine = planning::machine_for(ram, system, chip);
  if (!machine) return report(context, machine.error());
  const auto listing = planning::list_local(directory, *machine);
  if (!listing) return report(context, listing.error());
  if (json) {
    print_document({wire::to_text(planning::to_json(*listing)), {}});
  } else {
    print(context, planning::to_text(*listing, context.style));
  }
  return exit_code::kOk;
}

}  // namespace m1opt::client
