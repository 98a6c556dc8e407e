#include "client/amount.h"
#include "client/commands/all.h"
#include "client/reply.h"
#include "client/target_argument.h"

namespace m1opt::client {

int run_suspend(Context& context, Arguments& arguments) {
  std::string target;
  std::string duration;
  arguments.positional("TARGET", target, "A name of the targets table, or a process id")
      .positional("FOR", duration, "How long: at most 10m; 1m when not given");
  if (const auto status = arguments.parse(context)) return *status;
  if (target.empty()) {
    return report(context, {exit_code::kUsage, "suspend: no target given",
                            "See their names: m1optctl api GET /v1/targets"});
  }
  auto body = parse_target(target);
  if (!body) return report(context, body.error());
  if (!duration.empty()) {
    const auto seconds = parse_duration(duration);
    if (!seconds) return report(context, seconds.error());
    (*body)["for_s"] = *seconds;
  }
  return change(context, "/v1/targets/suspend", *body);
}

}  // namespace m1opt::client
