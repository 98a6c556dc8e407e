#include "app/exit_watches.h"

namespace m1opt::app {

void ExitWatches::follow(const std::set<ProcessId>& wanted) {
  for (auto watch = watches_.begin(); watch != watches_.end();) {
    if (wanted.contains(watch->first)) {
      ++watch;
    } else {
      poller_.remove(watch->second.get());
      watch = watches_.erase(watch);
    }
  }
  for (const ProcessId& process : wanted) {
    if (watches_.contains(process)) continue;
    auto fd = platform::open_exit_watch(process);
    if (!fd) continue;
    const int number = fd->get();
    watches_.emplace(process, std::move(*fd));
    // Readable for ever once the process has ended: one wake-up is enough.
    poller_.add(number, Poller::Interest::readable, [this, number] { poller_.remove(number); });
  }
}

}  // namespace m1opt::app
