#include "act/record_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <ctime>

namespace m1opt::act {

RecordLock::RecordLock(const std::string& state_directory) : path_(state_directory + "/undo.lock") {}

Result<Fd> RecordLock::acquire(Duration patience) {
  Fd fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return error_from_errno("open " + path_, errno);
  if (hangs_) patience = {};
  hangs_ = false;
  constexpr Duration kStep = std::chrono::milliseconds(5);
  for (Duration waited{}; ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0; waited += kStep) {
    if (errno != EWOULDBLOCK) return error_from_errno("lock " + path_, errno);
    hangs_ = waited >= patience;
    if (hangs_) return Error{Errc::busy, EWOULDBLOCK, "lock " + path_ + ": held"};
    const timespec pause{0, static_cast<long>(kStep.count())};
    ::nanosleep(&pause, nullptr);
  }
  return fd;
}

}  // namespace m1opt::act
