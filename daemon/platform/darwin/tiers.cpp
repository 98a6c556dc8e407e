#include <fmt/format.h>

#include <cerrno>

#include "platform/darwin/darwin.h"
#include "platform/darwin/errors.h"
#include "platform/darwin/process_reading.h"

namespace m1opt::platform::darwin {

namespace {

/// It carries the entitlement that task_policy_set needs for a process of
/// somebody else's (xnu osfmk/kern/ipc_tt.c); root alone is refused.
constexpr const char* kTool = "/usr/sbin/taskpolicy";
constexpr Duration kPatience = std::chrono::seconds(5);

/// `gone` unless the number belongs to that process and it runs that program.
Result<void> check(RawCalls& calls, const TierRequest& request) {
  const std::int32_t pid = request.process.pid;
  const auto path = make_process_control(calls)->identify(request.process);
  if (!path) return path.error();
  if (*path == request.executable) return {};
  return Error{Errc::changed, 0, fmt::format("pid {} runs another program now", pid)};
}

std::vector<std::string> arguments_of(const TierRequest& request) {
  std::vector<std::string> words;
  if (request.throughput) words.insert(words.end(), {"-t", fmt::format("{}", *request.throughput)});
  if (request.latency) words.insert(words.end(), {"-l", fmt::format("{}", *request.latency)});
  words.insert(words.end(), {"-p", fmt::format("{}", request.process.pid)});
  return words;
}

}  // namespace

/// taskpolicy takes a number: between the check and its own look at the process
/// lie the few milliseconds of its start.
TierOutcome set_tiers(RawCalls& calls, const TierRequest& request) {
  TierOutcome outcome{request, TierResult::failed, {}, {}};
  if (!request.throughput && !request.latency) {
    outcome.text = "no tier was named";
    return outcome;
  }
  if (const auto before = check(calls, request); !before) {
    if (before.error().code == Errc::gone) outcome.result = TierResult::gone;
    outcome.text = before.error().what + ", so nothing was asked for";
    return outcome;
  }
  const auto words = arguments_of(request);
  const auto exit = calls.run_tool({kTool, words, kPatience});
  if (!exit) {
    if (exit.error().os_errno == ENOENT) outcome.result = TierResult::unsupported;
    outcome.text = exit.error().what;
    return outcome;
  }
  std::string command = "taskpolicy";
  for (const std::string& word : words) command += ' ' + word;
  outcome.exit_status = exit->timed_out ? std::nullopt : exit->status;
  outcome.text = describe(*exit, command, kPatience);
  if (const auto after = check(calls, request); !after) {
    outcome.text += fmt::format("; {}: whose tier was set is not known", after.error().what);
  } else if (outcome.exit_status == 0) {
    outcome.result = TierResult::asked;
    outcome.text += "; whether it is in force cannot be read";
  }
  return outcome;
}

}  // namespace m1opt::platform::darwin
