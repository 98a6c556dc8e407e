#include "app/instance_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/file.h"

namespace m1opt::app {

namespace {

std::string lock_file(const std::string& state_directory) { return state_directory + "/m1optd.lock"; }

/// On a full or read-only file system the daemon still starts, to say so: then what is there is
/// locked, the file or the directory itself. (The socket keeps a second one away as well.)
Fd open_lock(const std::string& state_directory) {
  Fd fd = open_lock_file(lock_file(state_directory));
  if (!fd.valid() && (errno == EROFS || errno == ENOENT)) {
    fd = Fd(::open(state_directory.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY));
  }
  return fd;
}

bool is_file(const struct stat& ours, const std::string& path) {
  struct stat there {};
  return ::lstat(path.c_str(), &there) == 0 && there.st_dev == ours.st_dev && there.st_ino == ours.st_ino;
}

Result<Fd> acquire(const std::string& state_directory, int kind) {
  Fd fd = open_lock(state_directory);
  if (!fd.valid()) return error_from_errno("open " + lock_file(state_directory), errno);
  if (::flock(fd.get(), kind | LOCK_NB) != 0) {
    return Error{errno == EWOULDBLOCK ? Errc::busy : Errc::io, errno,
                 "another m1optd runs on " + state_directory};
  }
  return fd;
}

}  // namespace

Result<Fd> acquire_instance_lock(const std::string& state_directory) {
  return acquire(state_directory, LOCK_EX);
}

Result<Fd> acquire_recovery_lock(const std::string& state_directory) {
  return acquire(state_directory, LOCK_SH);
}

bool is_instance_lock(const Fd& lock, const std::string& state_directory) {
  struct stat ours {};
  return ::fstat(lock.get(), &ours) == 0 &&
         (is_file(ours, lock_file(state_directory)) || is_file(ours, state_directory));
}

}  // namespace m1opt::app
