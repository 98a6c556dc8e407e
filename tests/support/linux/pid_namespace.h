#pragma once

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <optional>
#include <string>

namespace m1opt::test {

/// Runs the body as the first process of a PID namespace with a /proc of its own, where any free
/// number can be given to a new process; returns what the body returned. Everything it started
/// ends with it. Empty where the kernel does not permit it.
inline std::optional<std::string> in_pid_namespace(const std::function<std::string()>& body) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  const pid_t outer = ::fork();
  if (outer == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) ::_exit(1);
    const pid_t first = ::fork();
    if (first != 0) {
      ::close(ends[1]);
      int status = 0;
      ::waitpid(first, &status, 0);
      ::_exit(WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 2);
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("proc", "/proc", "proc", 0, nullptr) != 0) {
      ::_exit(1);
    }
    std::string said;
    try {
      said = body();
    } catch (const std::exception& error) {
      said = std::string("ended by an exception: ") + error.what();
    }
    for (std::size_t done = 0; done < said.size();) {
      const ssize_t n = ::write(ends[1], said.data() + done, said.size() - done);
      if (n <= 0) break;
      done += static_cast<std::size_t>(n);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    said.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(outer, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 1) return std::nullopt;
  if (status != 0) said += "\nthe first process of the namespace ended badly";
  return said;
}

}  // namespace m1opt::test
