#pragma once

#include <sys/types.h>
#include <sys/wait.h>

#include <vector>

namespace m1opt::base {

/// Children of this process that were sent SIGKILL. They are waited for once they have ended, and
/// nothing waits until they have: one in an uninterruptible wait may take its time.
class KilledChildren {
 public:
  void add(pid_t child) { pids_.push_back(child); }
  /// Are some left that have not ended yet?
  bool reap() {
    std::erase_if(pids_, [](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) != 0; });
    return !pids_.empty();
  }

 private:
  std::vector<pid_t> pids_;
};

}  // namespace m1opt::base
