#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"

/// A program of the system's own, run to its end.
namespace m1opt::platform::posix {

using namespace m1opt::base;

struct Tool {
  std::string path;                    ///< absolute: no PATH is searched and no shell is asked
  std::vector<std::string> arguments;  ///< without the name
  Duration patience{};                 ///< then it is killed
  std::vector<std::string> environment{};  ///< NAME=value; nothing else is in it
  std::size_t most_output{1024};           ///< bytes kept of what it prints
  bool errors_apart{false};                ///< what it complains of in `errors`, not in `output`
  bool own_group{false};                   ///< of processes, which ends with it: it starts others
  /// Asked every few milliseconds with the output so far; false ends it, gently at first.
  std::function<bool(const std::string& output)> go_on{};
};

struct ToolExit {
  std::optional<int> status;  ///< absent when a signal ended it
  std::optional<int> signal;
  bool timed_out{false};      ///< it was killed
  std::string output;         ///< the beginning of both outputs together
  std::string errors{};       ///< of the second alone, if that was asked for
  bool interrupted{false};    ///< `go_on` had it ended
};

/// Nothing to read, none of our descriptors (on macOS POSIX_SPAWN_CLOEXEC_DEFAULT
/// sees to it; elsewhere all are close-on-exec), default signals. Unless it
/// has a group of its own it stays in ours, so that launchd and systemd end it with
/// us. Blocks: for the slow thread.
Result<ToolExit> run_tool(const Tool& tool);

/// "taskpolicy -t 0 exited with 1: what it printed, as one plain line".
std::string describe(const ToolExit& exit, const std::string& command, Duration patience);

}  // namespace m1opt::platform::posix
