#pragma once

#include "base/clock.h"

namespace m1opt::test {

/// Time moves only when the test says so.
class FakeClock final : public base::Clock {
 public:
  [[nodiscard]] base::Instant now() const override { return now_; }
  [[nodiscard]] base::WallTime wall() const override { return {wall_ + elapsed_}; }
  void advance(base::Duration d) {
    now_ = now_ + d;
    elapsed_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(d);
  }
  /// Somebody sets the time of day.
  void shift_wall(base::Duration d) {
    wall_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(d);
  }

 private:
  base::Instant now_{std::chrono::hours(1)};
  std::chrono::system_clock::time_point wall_{std::chrono::sys_days{std::chrono::year{2026} / 8 / 1}};
  std::chrono::system_clock::duration elapsed_{};
};

}  // namespace m1opt::test
