#pragma once

#include <map>
#include <string>
#include <vector>

#include "act/frame.h"
#include "act/record_lock.h"
#include "act/undo.h"
#include "base/clock.h"
#include "journal/undo_journal.h"
#include "model/undo_record.h"
#include "platform/platform.h"

namespace m1opt::act {

/// The second process that can undo everything, so that the first may die or
/// hang. It learns each record before the daemon acts and undoes it
///  - at end of file: the daemon died;
///  - more than a second past its deadline;
///  - five seconds after the last heartbeat: the daemon is stopped or hangs.
/// In the last two cases it tells the daemon first (`revoked`) and keeps the
/// records until the daemon has answered (`resumed`): a daemon that wakes up
/// between its check and its system call may still stop a process, and finds
/// it released again within a second. What was put back once is left, though:
/// the daemon sets each value once, so whoever sets it afterwards is somebody
/// else. Undoing needs no disk; the journal is closed when it can be.
class Guardian {
 public:
  struct Options {
    int socket{-1};
    std::string state_directory;
  };

  Guardian(Options options, platform::ProcessControl& control, platform::ProcessTable& table,
           const Clock& clock, BootId boot);

  /// Runs until the daemon has gone and nothing is held. Returns the exit code.
  int run();

 private:
  bool handle(const Frame& frame);
  void revoke_all(const std::string& why);
  void revoke_overdue();
  /// True when nothing of the record is left. Takes what it put back out of the record.
  bool undo(UndoRecord& record, const std::string& why);
  /// See undo_latecomers().
  void look_again();
  void close_in_journal(RecordId id, OutcomeCode code, const std::string& text);
  int undo_until_nothing_is_left();
  void rehearse();
  [[nodiscard]] int wait_ms() const;
  [[nodiscard]] Duration since_beat() const;

  Options options_;
  platform::ProcessControl& control_;
  platform::ProcessTable& table_;
  const Clock& clock_;
  BootId boot_;
  RecordLock lock_;
  FrameReader reader_;
  std::map<RecordId, UndoRecord> held_;
  std::map<RecordId, UndoResult> said_;  ///< of those that are tried again and again
  std::vector<UndoRecord> undone_;       ///< whole, since look_again()
  Duration undone_at_{};                 ///< the last of them
  bool revoked_{false};
  Duration last_beat_{};  // monotonic: a sleeping machine does not starve the heartbeat
};

}  // namespace m1opt::act
