#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "stranger.h"
#include "support/child_process.h"

namespace m1opt::test {

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

}  // namespace m1opt::test
