#include "client/api.h"
#include "client/commands/all.h"
#include "client/cooling/cooling.h"
#include "wire/text.h"

namespace m1opt::client {

int run_fans(Context& context, Arguments& arguments) {
  bool json = false;
  arguments.flag("--json", json, "One document {schema, hottest_celsius, fans}");
  if (const auto status = arguments.parse(context)) return *status;
  const cooling::Cooling read = cooling::read_cooling("");
  if (json) {
    print_document({wire::to_text(cooling::to_json(read)), {}});
  } else {
    print(context, cooling::to_text(read, context.style));
  }
  return exit_code::kOk;
}

}  // namespace m1opt::client
