#pragma once

#include <map>
#include <set>

#include "app/poller.h"
#include "platform/platform.h"

namespace m1opt::app {

/// Wakes the poller when one of some processes ends.
class ExitWatches {
 public:
  /// The poller must outlive it.
  explicit ExitWatches(Poller& poller) : poller_(poller) {}

  /// From now on these and no others. One that has ended already is left out:
  /// the next sample shows it.
  void follow(const std::set<ProcessId>& wanted);

 private:
  Poller& poller_;
  std::map<ProcessId, Fd> watches_;
};

}  // namespace m1opt::app
