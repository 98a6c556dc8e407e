// /proc/PID/autogroup and /proc/PID/cgroup.
#include "fuzz/fuzz.h"
#include "fuzz/targets.h"
#include "platform/linux/groups.h"

namespace m1opt::fuzz {

void linux_groups(std::string_view input) {
  const std::string text(input);
  (void)platform::groups::parse_autogroup(text);
  if (const auto group = platform::groups::parse_cpu_cgroup(text)) {
    require(group->path.find('\n') == std::string::npos, "a path is of one line");
  }
}

}  // namespace m1opt::fuzz
