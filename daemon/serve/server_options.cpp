#include "serve/server_options.h"

#include <unistd.h>

#include <memory>

#include "base/path.h"

namespace m1opt::serve {

std::uint32_t ServerOptions::own_user() { return ::geteuid(); }

ProcessOwner make_process_owner() {
  const std::shared_ptr<platform::ProcessTable> table = platform::make_process_table("");
  return [table](ProcessId process) -> Result<std::uint32_t> {
    const auto is_same = [&]() -> Result<void> {
      const auto info = table->stat(process.pid);
      if (!info) return info.error();
      if (info->id != process) return Error{Errc::gone, 0, "that pid is another process now"};
      return {};
    };
    if (const auto before = is_same(); !before) return before.error();
    const auto owner = table->owner(process.pid);
    if (!owner) return owner.error();
    // Again: the number may have been reused between the two reads.
    if (const auto after = is_same(); !after) return after.error();
    return *owner;
  };
}

ProcessDescription make_process_description(
    const std::string& sysroot, std::function<std::string(const std::string& path)> protection) {
  const std::shared_ptr<platform::ProcessTable> table = platform::make_process_table(sysroot);
  return [table, protection = std::move(protection)](std::int32_t pid) -> Result<wire::ProcessFacts> {
    const auto info = table->stat(pid);
    if (!info) return info.error();
    const auto owner = table->owner(pid);
    if (!owner) return owner.error();
    wire::ProcessFacts facts{info->id, info->name, *owner, {}};
    // A path may be somebody's own; its last part is what every list of processes shows.
    const auto path = table->executable(pid);
    if (path) facts.name = base_name(*path);
    if (pid == 1) {
      facts.protection = "it is the first process of the system";
    } else if (protection) {
      facts.protection = protection(path ? *path : info->name);
    }
    const auto after = table->stat(pid);
    if (!after || after->id != info->id) return Error{Errc::gone, 0, "it has just ended"};
    return facts;
  };
}

}  // namespace m1opt::serve
