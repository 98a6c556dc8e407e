#include "serve/routes.h"
#include "serve/target_lookup.h"
#include "wire/requests.h"

namespace m1opt::serve {

boost::system::result<LeaseBeginCommand, wire::ProblemDocument> prepare_lease(const Call& call) {
  auto command = wire::lease_command(call.body);
  if (!command) return command.error();
  const auto problem = check_owner(call, command->process);
  // Root may hold one for anybody's process, but it must be alive.
  if (problem && !(call.rights.root && problem->status == 403)) return *problem;
  return *command;
}

}  // namespace m1opt::serve
