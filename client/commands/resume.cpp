#include "client/commands/all.h"
#include "client/reply.h"
#include "client/target_argument.h"

namespace m1opt::client {

int run_resume(Context& context, Arguments& arguments) {
  std::string target;
  bool all = false;
  arguments.positional("TARGET", target, "A name of the targets table, or a process id; rules leave it alone for 30 minutes")
      .flag("--all", all, "End every hold");
  if (const auto status = arguments.parse(context)) return *status;
  if (all == !target.empty()) {
    return report(context, {exit_code::kUsage, "resume takes one target, or --all",
                            "See what is held: m1optctl status"});
  }
  if (all) return change(context, "/v1/targets/resume", {{"all", true}});
  const auto body = parse_target(target);
  if (!body) return report(context, body.error());
  return change(context, "/v1/targets/resume", *body);
}

}  // namespace m1opt::client
