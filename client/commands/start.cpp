#include "client/commands/all.h"
#include "client/service.h"

namespace m1opt::client {

int run_start(Context& context, Arguments& arguments) {
  return control_service(context, arguments, ServiceVerb::start);
}

}  // namespace m1opt::client
