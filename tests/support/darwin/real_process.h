#pragma once

#include <signal.h>
#include <sys/event.h>
#include <sys/sysctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>

/// What the tests ask of the system about a process, past the code under test.
namespace m1opt::test {

/// For a child just forked. There is no parent-death signal: a process of its
/// own waits for either end.
inline void end_with_parent(pid_t parent) {
  if (::getppid() != parent) ::_exit(0);  // it ended before the call
  const pid_t self = ::getpid();
  const pid_t between = ::fork();
  if (between > 0) ::waitpid(between, nullptr, 0);
  if (between != 0) return;
  if (::fork() != 0) ::_exit(0);
  ::setsid();
  for (int fd = ::getdtablesize(); fd >= 0; --fd) ::close(fd);
  const int queue = ::kqueue();
  std::array<struct kevent, 2> watched{};
  EV_SET(&watched[0], parent, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, nullptr);
  EV_SET(&watched[1], self, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, nullptr);
  struct kevent ended {};
  const int count = ::kevent(queue, watched.data(), 2, &ended, 1, nullptr);
  // A parent that ended before it could be watched is reported as an error of its entry.
  const bool parent_ended = count == 1 && ended.ident == static_cast<uintptr_t>(parent);
  if (parent_ended) ::kill(self, SIGKILL);
  ::_exit(0);
}

inline bool read_process(std::int32_t pid, kinfo_proc& process) {
  std::array<int, 4> name{CTL_KERN, KERN_PROC, KERN_PROC_PID, pid};
  std::size_t size = sizeof process;
  return ::sysctl(name.data(), name.size(), &process, &size, nullptr, 0) == 0 &&
         size == sizeof process;
}

/// As Linux has the letters: S while it runs, T stopped, Z ended, - gone.
inline char state_of(std::int32_t pid) {
  kinfo_proc process{};
  if (!read_process(pid, process)) return '-';
  if (process.kp_proc.p_stat == SSTOP) return 'T';
  return process.kp_proc.p_stat == SZOMB ? 'Z' : 'S';
}

/// The start token (microseconds since 1970), or 0.
inline std::uint64_t start_of(std::int32_t pid) {
  kinfo_proc process{};
  if (!read_process(pid, process)) return 0;
  const timeval& start = process.kp_proc.p_starttime;
  return static_cast<std::uint64_t>(start.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(start.tv_usec);
}

}  // namespace m1opt::test
