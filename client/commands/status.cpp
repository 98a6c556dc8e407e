#include "client/render/status.h"

#include "client/api.h"
#include "client/commands/all.h"
#include "client/json_view.h"

namespace m1opt::client {

int run_status(Context& context, Arguments& arguments) {
  bool json = false;
  arguments.flag("--json", json, "The API's document, unchanged");
  if (const auto status = arguments.parse(context)) return *status;
  const auto document = ask(context, {"GET", "/v1/status"});
  if (!document) return report(context, document.error());
  if (json) {
    print_document(*document);
  } else {
    print(context,
          render::render_status(document->value, context.style, std::chrono::system_clock::now()));
  }
  return render::is_degraded(document->value) ? exit_code::kDegraded : exit_code::kOk;
}

}  // namespace m1opt::client
