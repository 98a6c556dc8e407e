#pragma once

#include <functional>
#include <map>

#include "base/fd.h"
#include "base/units.h"

namespace m1opt::app {

using namespace m1opt::base;

/// Waits for descriptors or a time, whichever comes first.
class Poller {
 public:
  enum class Interest { readable, priority };

  /// `ready` is called from wait() whenever the descriptor is; it must consume
  /// what is there, or remove the descriptor.
  void add(int fd, Interest interest, std::function<void()> ready);
  void remove(int fd);

  /// True when something was ready, false when the time was up.
  bool wait(Duration patience);

 private:
  struct Entry {
    Interest interest{};
    std::function<void()> ready;
  };
  std::map<int, Entry> entries_;
};

}  // namespace m1opt::app
