#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/instance_lock.h"
#include "app/options.h"
#include "app/status.h"
#include "base/clock.h"
#include "base/fd.h"
#include "decide/policy.h"
#include "journal/undo_journal.h"
#include "platform/platform.h"

namespace m1opt::app {

using namespace m1opt::base;
using namespace m1opt::model;

/// Opens undo.db, undoes what an earlier run left, and opens it again when it was lost or could not
/// be used. While there is an obstacle nothing on the machine may be changed.
class JournalKeeper {
 public:
  struct Parts {
    const Options& options;
    Result<BootId> boot;
    platform::ProcessControl& control;
    platform::ProcessTable& table;
    const Clock& clock;
    Fd instance_lock;
  };

  explicit JournalKeeper(Parts parts);
  /// Over a journal that is open and stays so: for a machine that is in memory itself.
  JournalKeeper(Parts parts, journal::UndoJournal journal);

  /// Always the same object; in memory while the file cannot be opened.
  journal::UndoJournal& journal() { return *journal_; }
  /// The file was removed, replaced or damaged under us: what is held must be released, since
  /// nobody but this process and its guardian knows of it.
  [[nodiscard]] bool lost() const;
  /// Once a tick: finds obstacles, tries again when it is time. `held`: records are open, so a lost
  /// file is not replaced yet.
  void look(bool held);

  [[nodiscard]] const std::optional<Obstacle>& obstacle() const { return obstacle_; }
  /// A damaged journal was set aside in this run: what it held is not all known.
  [[nodiscard]] const std::optional<std::string>& damage() const { return damage_; }
  std::vector<decide::Reason> take_reasons() { return std::exchange(reasons_, {}); }

 private:
  void open();
  void use_memory();
  Result<void> prepare_place();
  void note_damage(const journal::UndoJournal::Damage& damage);
  void recover();
  void undo_without_writing();
  void note_outcomes(const std::vector<Outcome>& outcomes);
  void set_obstacle(const Error& error);
  void set_obstacle(std::optional<Obstacle> obstacle);
  void note(EventKind kind, Severity severity, const std::string& text);

  Parts parts_;
  std::string path_;
  std::optional<journal::UndoJournal> journal_;
  bool in_memory_{false};
  std::vector<Outcome> undone_;  ///< what the file still holds open, since it could not be written
  bool read_once_{false};
  bool unfinished_{false};  ///< a record of an earlier run is still open
  RecordId last_id_{0};
  Instant retry_;
  std::optional<Obstacle> obstacle_;
  std::optional<std::string> damage_;
  std::vector<decide::Reason> reasons_;
};

/// What a person can do about an error of the journal at that path.
std::string fix_of(const Error& error, const std::string& path);

}  // namespace m1opt::app
