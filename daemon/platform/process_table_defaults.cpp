#include "platform/platform.h"

namespace m1opt::platform {

Result<void> ProcessTable::list_range(std::int32_t first, std::int32_t last,
                                      std::vector<ListedProcess>& out) {
  out.clear();
  auto pids = list();
  if (!pids) return pids.error();
  for (const std::int32_t pid : *pids) {
    if (pid >= first && pid <= last) out.push_back({pid, 0});
  }
  return {};
}

Result<bool> ProcessTable::has_watchdog(std::int32_t) {
  return Error{Errc::unsupported, 0, "this system has no service watchdog"};
}

Result<std::vector<std::string>> ProcessTable::variables(std::int32_t,
                                                         const std::vector<std::string>&) {
  return Error{Errc::unsupported, 0, "the environment of a process cannot be read here"};
}

}  // namespace m1opt::platform
