#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/arguments.h"
#include "client/context.h"

namespace m1opt::client {

/// One verb. `run` declares its arguments, parses them and returns the exit
/// status; `m1optctl help VERB` is the same call with --help.
struct Command {
  const char* name;
  const char* synopsis;
  const char* summary;
  bool changes;  ///< changes something, so it takes --dry-run
  int (*run)(Context& context, Arguments& arguments);
};

/// THE table, in the order of `m1optctl help`.
std::span<const Command> commands();
const Command* find_command(std::string_view name);

/// A word of older tools and the verb that does it now.
struct Alias {
  const char* word;
  const char* verb;
};
std::span<const Alias> aliases();

std::string help_text(const Context& context);

/// The whole program: options before the verb, the verb, its words.
int run_program(Context context, const std::vector<std::string>& words);

}  // namespace m1opt::client
