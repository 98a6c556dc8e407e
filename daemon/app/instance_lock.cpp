#include "app/instance_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace m1opt::app {

Result<Fd> acquire_instance_lock(const std::string& state_directory) {
  const std::string path = state_directory + "/m1optd.lock";
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return error_from_errno("open " + path, errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{errno == EWOULDBLOCK ? Errc::busy : Errc::io, errno,
                 "another m1optd runs on " + state_directory};
  }
  return fd;
}

}  // namespace m1opt::app
