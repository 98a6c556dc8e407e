#include "app/poller.h"

#include <poll.h>

#include <algorithm>
#include <ctime>
#include <vector>

namespace m1opt::app {

void Poller::add(int fd, Interest interest, std::function<void()> ready) {
  entries_[fd] = {interest, std::move(ready)};
}

void Poller::remove(int fd) { entries_.erase(fd); }

bool Poller::wait(Duration patience) {
  std::vector<pollfd> fds;
  for (const auto& [fd, entry] : entries_) {
    fds.push_back({fd, static_cast<short>(entry.interest == Interest::readable ? POLLIN : POLLPRI), 0});
  }
  // Rounded up, so that a tick is never a little early and then waited for again.
  const auto ms = std::clamp<std::int64_t>((patience.count() + 999'999) / 1'000'000, 0, 60'000);
  if (::poll(fds.data(), fds.size(), static_cast<int>(ms)) <= 0) return false;
  for (const pollfd& fd : fds) {
    if (fd.revents == 0) continue;
    const auto found = entries_.find(fd.fd);  // an earlier callback may have removed it
    if (found == entries_.end()) continue;
    const auto ready = found->second.ready;
    ready();
  }
  return true;
}

}  // namespace m1opt::app
