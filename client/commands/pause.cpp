#include "client/amount.h"
#include "client/commands/all.h"
#include "client/reply.h"

namespace m1opt::client {

int run_pause(Context& context, Arguments& arguments) {
  std::string duration;
  bool until_unpause = false;
  arguments.positional("FOR", duration, "How long: 45s, 30m, 8h; 30m when not given")
      .flag("--until-unpause", until_unpause, "Until m1optctl unpause, or a reboot");
  if (const auto status = arguments.parse(context)) return *status;
  if (until_unpause && !duration.empty()) {
    return report(context, {exit_code::kUsage, "pause takes a time or --until-unpause, not both",
                            "See: m1optctl help pause"});
  }
  boost::json::object body;
  if (until_unpause) {
    body["until_unpause"] = true;
  } else if (!duration.empty()) {
    const auto seconds = parse_duration(duration);
    if (!seconds) return report(context, seconds.error());
    body["for_s"] = *seconds;
  }
  return change(context, "/v1/pause", body);
}

}  // namespace m1opt::client
