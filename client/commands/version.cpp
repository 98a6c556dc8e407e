#include <fmt/format.h>

#include "client/api.h"
#include "client/commands/all.h"
#include "client/json_view.h"
#include "client/render/text.h"

namespace m1opt::client {

int run_version(Context& context, Arguments& arguments) {
  bool json = false;
  arguments.flag("--json", json, "The API's document, unchanged; needs the daemon");
  if (const auto status = arguments.parse(context)) return *status;
  const auto document = ask(context, {"GET", "/v1/version"});
  if (json) {
    if (!document) return report(context, document.error());
    print_document(*document);
    return exit_code::kOk;
  }
  print(context, fmt::format("m1optctl {}\n", M1OPT_VERSION));
  if (!document) return report(context, document.error());
  const std::string daemon = text_at(document->value, "version");
  print(context, fmt::format("m1optd   {}\n", daemon.empty() ? "unknown" : render::printable(daemon)));
  return exit_code::kOk;
}

}  // namespace m1opt::client
