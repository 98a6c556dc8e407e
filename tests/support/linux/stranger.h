#pragma once

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>

#include "real_process.h"

namespace m1opt::test {

/// What the kernel says of a process: everything that m1opt could change of it.
struct Values {
  bool stopped{false};
  int nice{0};
  int policy{0};
  long io_priority{0};
  long group_nice{0};

  bool operator==(const Values&) const = default;
};

inline long group_nice_of(std::int32_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/autogroup");
  std::string group;
  std::string word;
  long nice = -99;
  in >> group >> word >> nice;
  return nice;
}

inline Values values_of(std::int32_t pid) {
  return {state_of(pid) == 'T', ::getpriority(PRIO_PROCESS, static_cast<id_t>(pid)),
          ::sched_getscheduler(pid), ::syscall(SYS_ioprio_get, 1, pid), group_nice_of(pid)};
}

inline std::string text_of(const Values& values) {
  return std::string(values.stopped ? "stopped" : "running") + ", nice " +
         std::to_string(values.nice) + ", policy " + std::to_string(values.policy) + ", I/O " +
         std::to_string(values.io_priority) + ", group nice " + std::to_string(values.group_nice);
}

inline void give(std::int32_t pid, int nice, int policy, long io_priority) {
  const sched_param none{};
  ::sched_setscheduler(pid, policy, &none);
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(pid), nice);
  ::syscall(SYS_ioprio_set, 1, pid, io_priority);
}

/// In the background it would end only when nobody else wants to run.
inline void hurry(std::int32_t tid) {
  const sched_param soon{1};
  ::sched_setscheduler(tid, SCHED_FIFO, &soon);
}

constexpr long kIoBestEffort = 2L << 13;
constexpr long kIoIdle = 3L << 13;

enum class Looks {
  plain,    ///< runs, with values of its own
  stopped,  ///< the same, and somebody else has stopped it
  held,     ///< as one that m1opt holds in every way, by somebody else
};
constexpr Looks kAllLooks[] = {Looks::plain, Looks::stopped, Looks::held};
inline const char* name_of(Looks looks) {
  return looks == Looks::plain ? "plain" : looks == Looks::stopped ? "stopped" : "looks held";
}

/// Somebody else's process, running another program, that is given exactly this number
/// (clone3 with set_tid, in a PID namespace of ours).
class Stranger {
 public:
  /// `newborn`: it still has what it inherited from its parent and nothing else.
  Stranger(std::int32_t number, Looks looks, bool newborn) : pid_(number) {
    parent_ = ::fork();
    if (parent_ == 0) bear(number);
    const std::string started = "/proc/" + std::to_string(number) + "/exe";
    char path[256];
    for (int i = 0;; ++i) {
      const ssize_t n = ::readlink(started.c_str(), path, sizeof path);
      if (n > 0 && std::string(path, static_cast<std::size_t>(n)).ends_with("/sleep")) break;
      if (i > 50'000) throw std::runtime_error("no stranger got the number " + std::to_string(number));
      ::usleep(100);
    }
    // Now that it runs: in the background it would take its time to start.
    for (const std::int32_t pid : {static_cast<std::int32_t>(parent_), pid_}) {
      if (looks == Looks::held) {
        give(pid, -10, SCHED_IDLE, kIoIdle);
      } else if (pid == pid_ && !newborn) {
        give(pid, 4, SCHED_BATCH, kIoBestEffort | 6);
      } else {
        give(pid, 7, SCHED_BATCH, kIoBestEffort | 5);
      }
    }
    std::ofstream("/proc/" + std::to_string(pid_) + "/autogroup") << (looks == Looks::held ? 19 : 3);
    if (looks != Looks::plain) {
      ::kill(pid_, SIGSTOP);
      while (state_of(pid_) != 'T') ::usleep(100);
    }
    own_ = values_of(pid_);
  }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;
  ~Stranger() {
    for (const std::int32_t pid : {pid_, static_cast<std::int32_t>(parent_)}) {
      hurry(pid);
      ::kill(pid, SIGKILL);
    }
    ::waitpid(parent_, nullptr, 0);
    while (state_of(pid_) != '-') {
      ::waitpid(-1, nullptr, WNOHANG);  // it is an orphan now, and this is the namespace's first
      ::usleep(100);
    }
  }

  [[nodiscard]] const Values& own() const { return own_; }

 private:
  [[noreturn]] static void bear(std::int32_t number) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    clone_args how{};
    how.exit_signal = SIGCHLD;
    how.set_tid = reinterpret_cast<std::uint64_t>(&number);
    how.set_tid_size = 1;
    const long child = ::syscall(SYS_clone3, &how, sizeof how);
    if (child == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::setsid();
      ::execl("/bin/sleep", "sleep", "100", nullptr);
    }
    if (child <= 0) ::_exit(1);
    for (;;) ::pause();
  }

  std::int32_t pid_;
  pid_t parent_{0};
  Values own_;
};

}  // namespace m1opt::test
