#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "act/frame.h"
#include "base/fd.h"
#include "model/snapshot.h"
#include "model/undo_record.h"
#include "platform/posix/killed_children.h"

namespace m1opt::act {

/// The daemon's end: starts the guardian, replaces it, and makes sure it knows
/// a record before anything is done.
class GuardianLink {
 public:
  struct Options {
    std::string executable;       ///< the daemon's own program
    std::string state_directory;
    std::string log_file;
  };

  explicit GuardianLink(Options options);
  ~GuardianLink();

  /// Starts one and waits until it is ready (at most 2 s).
  Result<void> start();
  /// Lets go of it. Alive, it undoes what it still holds and ends by itself.
  void drop();
  /// Ends one that has died or does not answer. Call it when everything is
  /// released: left stopped it would wake up with old records. One in an uninterruptible wait is not
  /// waited for: it dies when that ends, without having done anything more.
  void kill();
  [[nodiscard]] bool alive() const { return socket_.valid(); }
  /// Readable when the guardian said something or died.
  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] GuardianStatus status() const;

  /// The record is known to the guardian when this returns; `busy` when it did
  /// not acknowledge within a second, `changed` when it has revoked.
  Result<void> hold(const UndoRecord& record);
  void closed(RecordId id);
  void beat();

  /// Reads what has come in. `gone` when the guardian has died.
  Result<void> receive();
  /// The guardian undoes, or has undone, what we hold: nothing may be done before
  /// resume(), and what was just done must be undone at once. Looks at the socket.
  bool revoked();
  /// Records the guardian reported undone since the last call.
  std::vector<std::string> take_reports();
  void resume();

 private:
  void handle(const Frame& frame);

  Options options_;
  Fd socket_;
  std::int32_t pid_{0};
  platform::posix::KilledChildren killed_;
  FrameReader reader_;
  std::set<RecordId> acknowledged_;
  std::vector<std::string> reports_;
  bool ready_{false};
  std::optional<bool> memory_locked_{false};
  bool revoked_{false};
};

}  // namespace m1opt::act
