#include <fmt/format.h>

#include "client/commands.h"
#include "client/commands/all.h"

namespace m1opt::client {

int run_help(Context& context, Arguments& arguments) {
  std::string verb;
  arguments.positional("VERB", verb, "The verb to explain in full");
  if (const auto status = arguments.parse(context)) return *status;
  if (verb.empty()) {
    print(context, help_text(context));
    return exit_code::kOk;
  }
  const Command* command = find_command(verb);
  if (command == nullptr) {
    return report(context, {exit_code::kUsage, fmt::format("unknown verb \"{}\"", verb),
                            "See: m1optctl help"});
  }
  Arguments asked(*command, {"--help"});
  return command->run(context, asked);
}

}  // namespace m1opt::client
