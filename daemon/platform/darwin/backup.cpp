#include <cerrno>

#include "platform/darwin/darwin.h"

namespace m1opt::platform::darwin {

namespace {

/// tmutil(8): stopbackup needs neither root nor Full Disk Access, in contrast to disable.
constexpr const char* kTool = "/usr/bin/tmutil";
constexpr Duration kPatience = std::chrono::seconds(10);

}  // namespace

ErrandOutcome stop_backup(RawCalls& calls, const ErrandRequest& request) {
  const auto exit = calls.run_tool({kTool, {"stopbackup"}, kPatience});
  if (!exit) {
    const bool none = exit.error().os_errno == ENOENT;
    return {request, none ? ErrandResult::unsupported : ErrandResult::failed, exit.error().what};
  }
  const bool done = !exit->timed_out && exit->status == 0;
  return {request, done ? ErrandResult::done : ErrandResult::failed,
          describe(*exit, "tmutil stopbackup", kPatience)};
}

}  // namespace m1opt::platform::darwin
