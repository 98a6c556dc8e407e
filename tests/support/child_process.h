#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include "base/process_id.h"
#include "platform/platform.h"
#include "real_process.h"

namespace m1opt::test {

/// Waits for something the kernel does on its own; real processes have no fake clock.
inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds patience = std::chrono::seconds(5)) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    ::usleep(1000);
  }
  return true;
}

/// A real throw-away process in its own session. It says when it is ready and
/// dies with the test.
class ChildProcess {
 public:
  /// `body` runs in the child, then the child sleeps until it is killed.
  explicit ChildProcess(const std::function<void()>& body = [] {}) {
    int ready[2];
    if (::pipe(ready) != 0) throw std::runtime_error("pipe");
    const pid_t test = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) {
      end_with_parent(test);
      ::setsid();
      body();
      [[maybe_unused]] auto n = ::write(ready[1], "r", 1);
      for (;;) ::pause();
    }
    ::close(ready[1]);
    char byte = 0;
    [[maybe_unused]] auto n = ::read(ready[0], &byte, 1);
    ::close(ready[0]);
    id_ = {pid_, start_of(pid_)};
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() { end(); }

  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

  [[nodiscard]] base::ProcessId id() const { return id_; }
  [[nodiscard]] std::int32_t pid() const { return id_.pid; }
  [[nodiscard]] std::string executable() const {
    return platform::make_process_control()->identify(id_).value();
  }

  /// R or S while it runs, T stopped, Z ended and not waited for.
  [[nodiscard]] char state() const { return state_of(pid()); }

 private:
  pid_t pid_{0};
  base::ProcessId id_;
};

}  // namespace m1opt::test
