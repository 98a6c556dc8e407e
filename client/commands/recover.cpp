#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "client/commands/all.h"
#include "client/installation.h"

namespace m1opt::client {

/// Becomes `m1optd --recover`, so that undoing has one implementation and its
/// exit status reaches the caller as it is.
int run_recover(Context& context, Arguments& arguments) {
  std::string daemon;
  arguments.option("--daemon", daemon, "PATH", "The m1optd to run instead of the installed one");
  if (const auto status = arguments.parse(context)) return *status;
  if (daemon.empty()) daemon = find_daemon(context);
  if (daemon.empty()) {
    return report(context, {exit_code::kFailure,
                            fmt::format("m1optd is not installed (looked for {})",
                                        fmt::join(daemon_candidates(context), ", ")),
                            "Say where it is: m1optctl recover --daemon PATH"});
  }
  std::vector<std::string> words{daemon, "--recover"};
  if (context.state_dir != M1OPT_DEFAULT_STATE_DIR) {
    words.insert(words.end(), {"--state-dir", context.state_dir});
  }
  if (context.dry_run) {
    print(context, fmt::format("would run: {}\n", fmt::join(words, " ")));
    return exit_code::kOk;
  }
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execv(daemon.c_str(), pointers.data());
  return report(context, {errno == EACCES ? exit_code::kNotPermitted : exit_code::kFailure,
                          fmt::format("{}: {}", daemon, std::strerror(errno)),
                          "Say where it is: m1optctl recover --daemon PATH"});
}

}  // namespace m1opt::client
