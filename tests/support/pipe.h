#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>

namespace m1opt::test {

/// macOS has no pipe2.
inline bool open_pipe(std::array<int, 2>& ends) {
  if (::pipe(ends.data()) != 0) return false;
  for (const int fd : ends) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  return true;
}

}  // namespace m1opt::test
