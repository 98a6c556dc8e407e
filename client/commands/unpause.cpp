#include "client/commands/all.h"
#include "client/reply.h"

namespace m1opt::client {

int run_unpause(Context& context, Arguments& arguments) {
  if (const auto status = arguments.parse(context)) return *status;
  return change(context, "/v1/unpause", {});
}

}  // namespace m1opt::client
