#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "base/process_id.h"
#include "platform/platform.h"

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
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::setsid();
      body();
      [[maybe_unused]] auto n = ::write(ready[1], "r", 1);
      for (;;) ::pause();
    }
    ::close(ready[1]);
    char byte = 0;
    [[maybe_unused]] auto n = ::read(ready[0], &byte, 1);
    ::close(ready[0]);
    id_ = {pid_, start_of("/proc/" + std::to_string(pid_))};
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

  /// The kernel's letter for it: R, S, T ...
  [[nodiscard]] static char state_of(std::int32_t pid) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
    std::string text((std::istreambuf_iterator<char>(in)), {});
    const auto at = text.rfind(')');
    return at == std::string::npos ? '-' : text[at + 2];
  }
  [[nodiscard]] char state() const { return state_of(pid()); }

  static std::uint64_t start_of(const std::string& directory) {
    std::ifstream in(directory + "/stat");
    std::string text((std::istreambuf_iterator<char>(in)), {});
    std::istringstream fields(text.substr(text.rfind(')') + 1));
    std::string word;
    for (int i = 3; i < 22; ++i) fields >> word;
    std::uint64_t start = 0;
    fields >> start;
    return start;
  }

 private:
  pid_t pid_{0};
  base::ProcessId id_;
};

}  // namespace m1opt::test
