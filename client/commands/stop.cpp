#include "client/commands/all.h"
#include "client/service.h"

namespace m1opt::client {

int run_stop(Context& context, Arguments& arguments) {
  return control_service(context, arguments, ServiceVerb::stop);
}

}  // namespace m1opt::client
