#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "act/actions.h"
#include "act/guardian_link.h"
#include "act/record_lock.h"
#include "act/undo.h"
#include "base/clock.h"
#include "journal/undo_journal.h"
#include "platform/platform.h"

namespace m1opt::act {

/// Who may share a session group with whom; from the sample the actions rest on.
struct Companions {
  std::set<std::int32_t> targets;
  std::map<std::string, std::set<std::int32_t>> workloads;  ///< by workload name
  std::vector<Birth> births;                                ///< since the last sample
};

/// Carries out actions in the one order that keeps "nothing is ever left
/// stopped" true wherever the daemon dies: prove that undo is permitted, read,
/// write to the journal and the guardian, check identity, apply, check
/// identity and read back, write the outcome.
class Executor {
 public:
  struct Parts {
    platform::ProcessControl& control;
    platform::ProcessTable& table;
    journal::UndoJournal& journal;
    GuardianLink& guardian;
    BootId boot;
    std::string state_directory;
    bool inert{false};  ///< --dry-run and --sysroot: changes nothing, says what it would do
  };

  explicit Executor(Parts parts);

  std::vector<Outcome> run(const std::vector<Action>& actions, const Companions& companions,
                           Instant now);

  /// While set nothing is begun or extended; what is held can still be undone.
  void forbid(std::optional<std::string> reason) { forbidden_ = std::move(reason); }

  /// Waits for forks that were under way when their parent was undone, and puts back their children too:
  /// for when no run() follows, which does so without waiting.
  void finish();

  /// Undoes every open record, suspended processes first.
  std::vector<Outcome> release_all(const std::string& reason);

  /// After the guardian has taken over: takes what it has closed as it is and
  /// undoes the rest, so both start from nothing held. Nothing is done before this.
  std::vector<Outcome> reread_journal();

  [[nodiscard]] const std::map<RecordId, UndoRecord>& open_records() const { return open_; }

 private:
  Outcome begin(const Action& action, const Companions& companions, Instant now);
  Outcome extend(const Action& action, const Companions& companions);
  /// What to do with a record that the guardian or a recovery has closed meanwhile: nothing, or,
  /// when this process has changed something since, undo that all the same.
  enum class Closed { leave, undo_anyway };
  Outcome end(RecordId id, const std::string& reason, Closed closed_by_other = Closed::leave);
  void forget(RecordId id);

  Result<Plan> make_plan(const ActionRow& row, const Action& action, const Companions& companions);
  Result<void> check_reversible(const ActionRow& row, Plan& plan);
  Result<void> record_before_act(UndoRecord& record);
  Result<void> check_identity(const UndoRecord& record);
  /// Last look: had the guardian taken over or ended while we were at it (we may have been stopped for
  /// seconds between any two lines), what was just done has no guard, and its record may be closed.
  Result<void> check_guarded();
  /// Removes from `changes` what this kernel does not support, with a note.
  Result<void> apply(const ActionRow& row, std::vector<Change>& changes,
                     std::vector<std::string>& notes);
  Result<void> apply_to_newcomers(const ActionRow& row, const Action& action, const Companions& companions,
                                  UndoRecord& record, std::vector<std::string>& notes);
  bool observed(const Change& change);
  Result<void> read_back(const std::vector<Change>& changes, std::vector<std::string>& notes);
  void note_family(UndoRecord& record);
  /// A child may leave the session and outlive its parent: then nothing but this tells whose it is.
  void note_births(const std::vector<Birth>& births);
  struct Undone {
    UndoRecord record;
    std::optional<Instant> since;  ///< the end of the run() in or before which it was undone
    int looks{0};
  };
  /// See undo_latecomers(). One that cannot be put back is tried again.
  void look_again(Instant now);
  void look_again(Undone& undone);
  void hand_over_groups(UndoRecord& record);
  Outcome abandon(Outcome outcome, const UndoRecord& record, const Error& error);

  Parts parts_;
  RecordLock lock_;
  std::map<RecordId, UndoRecord> open_;
  std::vector<Undone> undone_;  ///< and to be looked at once more
  std::optional<std::string> forbidden_;
};

/// "6 threads to SCHED_IDLE, 6 to idle I/O, autogroup 12 to nice 19"
std::string describe_changes(const std::vector<Change>& changes);

}  // namespace m1opt::act
