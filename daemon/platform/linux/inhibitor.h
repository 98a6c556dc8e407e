#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace m1opt::platform {

using namespace m1opt::base;

/// A child that ends in cat(1): what is written to it comes back once that
/// runs, and it ends by itself when this process is gone, however it went.
/// Starting it waits for no disk: fork, not vfork or posix_spawn.
class Inhibitor {
 public:
  /// An absolute path and its arguments; the environment is empty.
  static Result<Inhibitor> start(std::vector<std::string> arguments);

  Inhibitor(Inhibitor&& other) noexcept;
  Inhibitor& operator=(Inhibitor&& other) noexcept;
  ~Inhibitor();

  /// True once the last program of the chain runs; an error when the child ended.
  Result<bool> check();
  /// SIGKILL: it also ends a child that somebody stopped. Returns what is
  /// still to be waited for, 0 when nothing is.
  pid_t kill();

 private:
  Inhibitor(pid_t pid, std::string program, Fd channel, Fd complaints);

  pid_t pid_{0};
  std::string program_;
  Fd channel_;
  Fd complaints_;
  bool running_{false};
};

}  // namespace m1opt::platform
