#include "act/record_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <ctime>

#include "base/clock.h"

namespace m1opt::act {

namespace {

constexpr long kStepNs = 5'000'000;

}  // namespace

RecordLock::RecordLock(const std::string& state_directory) : path_(state_directory + "/undo.lock") {}

Result<Fd> RecordLock::acquire(Duration patience) {
  Fd fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return error_from_errno("open " + path_, errno);
  if (hangs_) patience = {};
  hangs_ = false;
  // By the clock: on a busy machine each pause takes longer than it was to.
  const SystemClock clock;
  const Instant end = clock.now() + patience;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return error_from_errno("lock " + path_, errno);
    hangs_ = clock.now() >= end;
    if (hangs_) return Error{Errc::busy, EWOULDBLOCK, "lock " + path_ + ": held"};
    const timespec pause{0, kStepNs};
    ::nanosleep(&pause, nullptr);
  }
  return fd;
}

}  // namespace m1opt::act
