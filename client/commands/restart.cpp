#include "client/commands/all.h"
#include "client/service.h"

namespace m1opt::client {

int run_restart(Context& context, Arguments& arguments) {
  return control_service(context, arguments, ServiceVerb::restart);
}

}  // namespace m1opt::client
