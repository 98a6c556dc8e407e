#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "base/units.h"

namespace m1opt::act {

using namespace m1opt::base;

/// Daemon, guardian and `--recover` hold this around each record they undo, so
/// that the second of two undoers sees the first one's result. An advisory lock
/// on a file in the state directory, gone with its holder.
class RecordLock {
 public:
  explicit RecordLock(const std::string& state_directory);

  /// Waits at most `patience`; `busy` afterwards: its holder hangs. For one that hangs nobody waits
  /// again, or each record of many would take that long.
  Result<Fd> acquire(Duration patience);

 private:
  std::string path_;
  bool hangs_{false};
};

}  // namespace m1opt::act
