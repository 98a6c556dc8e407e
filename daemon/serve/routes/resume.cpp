#include <fmt/format.h>

#include <algorithm>

#include "serve/routes.h"
#include "serve/target_lookup.h"
#include "wire/encode.h"
#include "wire/requests.h"

namespace m1opt::serve {

PrepareResult prepare_resume(const Call& call) {
  const auto command = wire::resume_command(call.body);
  if (!command) return command.error();
  const auto& holds = call.snapshot->status.holds;
  if (!command->target.empty()) {
    const bool held = std::any_of(holds.begin(), holds.end(), [&](const HoldStatus& hold) {
      return hold.target == command->target;
    });
    // A workload's priority is a hold too, and its name is in no row of the targets.
    const auto problem = check_target_name(call, command->target);
    if (!held && problem) return *problem;
  }
  Prepared prepared{*command, {}, {}};
  for (const HoldStatus& hold : holds) {
    const bool meant = command->all || (command->process && hold.process == *command->process) ||
                       (!command->target.empty() && hold.target == command->target);
    if (!meant) continue;
    prepared.changes.push_back({fmt::format("{} pid {}", hold.target, hold.process.pid),
                                wire::enum_word(hold.kind), "undone"});
  }
  prepared.would = fmt::format("would undo {} holds", prepared.changes.size());
  return prepared;
}

}  // namespace m1opt::serve
