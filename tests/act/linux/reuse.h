#pragma once

#include <cstdlib>
#include <fstream>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "act/recovery.h"
#include "base/fault.h"
#include "stranger.h"
#include "support/executor_rig.h"

/// Forces one reuse of a number at a chosen step; for the first process of a PID namespace.
namespace m1opt::test {

using namespace m1opt::model;

/// Four threads, of which one ends when it is told to.
class Target {
 public:
  Target() {
    int number[2];
    if (::pipe(order_) != 0 || ::pipe(number) != 0) throw std::runtime_error("pipe");
    child_.emplace([&] {
      for (int i = 0; i < 2; ++i) {
        std::thread([] {
          for (;;) ::pause();
        }).detach();
      }
      std::thread([&] {
        const auto tid = static_cast<std::int32_t>(::syscall(SYS_gettid));
        [[maybe_unused]] auto said = ::write(number[1], &tid, sizeof tid);
        char byte = 0;
        [[maybe_unused]] auto told = ::read(order_[0], &byte, 1);
        ::syscall(SYS_exit, 0);
      }).detach();
      ::usleep(1000);
    });
    if (::read(number[0], &thread_, sizeof thread_) != sizeof thread_) {
      throw std::runtime_error("the target did not start");
    }
    for (const int fd : number) ::close(fd);
    // Who has a number is told apart by the clock tick in which it was born.
    const auto control = platform::make_process_control();
    while (control->start_token_now() <= child_->id().start + 1) ::usleep(500);
    own_ = values_of(pid());
  }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  ~Target() {
    for (const int fd : order_) ::close(fd);
  }

  [[nodiscard]] const ChildProcess& child() const { return *child_; }
  [[nodiscard]] std::int32_t pid() const { return child_->pid(); }
  [[nodiscard]] std::int32_t thread() const { return thread_; }
  [[nodiscard]] const Values& own() const { return own_; }
  void end() {
    hurry(pid());
    child_->end();
  }
  /// Only while it is not stopped.
  void end_thread() {
    hurry(thread_);
    [[maybe_unused]] auto told = ::write(order_[1], "e", 1);
    const std::string place = "/proc/" + std::to_string(pid()) + "/task/" + std::to_string(thread_);
    while (::access(place.c_str(), F_OK) == 0) ::usleep(100);
  }

 private:
  int order_[2]{};
  std::int32_t thread_{0};
  std::optional<ChildProcess> child_;
  Values own_;
};

enum class Undoer { daemon, recovery, guardian };
enum class Part { act, undo };
/// Whose number is reused: the process's (and so its main thread's), or another thread's.
enum class Whose { process, thread };

struct Case {
  ActionKind kind{};
  Undoer undoer{};
  Part part{};
  Whose whose{};
  Looks looks{};
  int step{0};        ///< of the daemon or recovery: the so manyth point of that part
  std::string point;  ///< of the guardian: "NAME#N"
};

std::string text_of(const Case& forced);

struct Tally {
  int reuses{0};
  std::string wrong;
};

/// The points that one part of a hold of this kind goes through, in order.
std::vector<std::string> points_of(ActionKind kind, Undoer undoer, Part part);

/// Forces it and looks at everybody afterwards.
void force(ExecutorRig& rig, const Case& forced, Tally& tally);
void force_on_guardian(const Case& forced, Tally& tally);

}  // namespace m1opt::test
