#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/fd.h"

namespace m1opt::app {

using namespace m1opt::base;

/// Tells the service manager that the control loop goes round, as sd_notify(3) does: WATCHDOG=1.
/// One that asks for it (WatchdogSec= of systemd) ends a daemon that says nothing for too long.
class ServiceWatchdog {
 public:
  /// Nobody asks.
  ServiceWatchdog() = default;
  /// What $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID say, each null when it is not set; of
  /// anything faulty, or meant for another process, nobody asks.
  ServiceWatchdog(const char* socket, const char* patience_us, const char* pid);

  /// Any number of times; what is said is at most eight beats in the time that is waited for one.
  void beat(Instant now);
  /// beat() wants to be called as often as this; without end when nobody asks.
  [[nodiscard]] Duration period() const { return period_; }

 private:
  Fd socket_;
  std::string address_;  ///< a sockaddr_un
  Duration period_{Duration::max()};
  std::optional<Instant> last_;
};

}  // namespace m1opt::app
