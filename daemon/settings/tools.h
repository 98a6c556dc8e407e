#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "platform/posix/tool.h"

namespace m1opt::settings {

using namespace m1opt::base;
using platform::posix::ToolExit;

/// Programs of the system's own. In `output` is what they printed, in `errors` what they complained of.
class Tools {
 public:
  virtual ~Tools() = default;
  /// Path absolute, no shell. Error: it could not be started, or did not end in time; any exit
  /// status is a result.
  /// `more` as NAME=value, in place of what the environment has of that name.
  virtual Result<ToolExit> run(const std::string& path, const std::vector<std::string>& arguments,
                               const std::vector<std::string>& more = {}) = 0;
  /// What the environment of the tools has of that name.
  [[nodiscard]] virtual std::optional<std::string> variable(std::string_view name) const = 0;
};

inline constexpr Duration kToolPatience = std::chrono::seconds(20);

/// `environment` as NAME=value; nothing else is in it. Only builds with fault points look at
/// M1OPT_TOOLS_DIR, which then replaces the directory of every path.
std::unique_ptr<Tools> make_tools(std::vector<std::string> environment = {});

/// The same for files: in builds with fault points M1OPT_SYS_ROOT stands before /proc/sys and /sys.
std::string system_path(const std::string& path);

/// What a tool's exit and complaint mean, each of the known ones in a sentence of its own with what
/// mends it: missing Full Disk Access, System Integrity Protection (150), a directory where mdutil
/// wants a volume, not root. Of others "defaults write exited with 1: what it complained of".
Error fault_of(const ToolExit& exit, const std::string& command);

}  // namespace m1opt::settings
