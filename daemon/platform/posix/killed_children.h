#pragma once

#include <cstdint>
#include <vector>

namespace m1opt::platform::posix {

/// Children of this process that were sent SIGKILL. They are waited for once they have ended, and
/// nothing waits until they have: one in an uninterruptible wait may take its time.
class KilledChildren {
 public:
  /// Not yet waited for, so the number is still its own.
  void add(std::int32_t child) { children_.push_back(child); }
  /// Are some left that have not ended yet?
  bool reap();

 private:
  std::vector<std::int32_t> children_;
};

}  // namespace m1opt::platform::posix
