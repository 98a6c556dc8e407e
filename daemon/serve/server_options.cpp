#include "serve/server_options.h"

#include <unistd.h>

#include <memory>

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

}  // namespace m1opt::serve
