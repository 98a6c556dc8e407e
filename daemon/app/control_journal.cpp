// What the control loop does about the journal: notice that it is lost or cannot be written, and
// keep the pause in it; the same for the count of runs.
#include "app/control_loop.h"

namespace m1opt::app {

void ControlLoop::check_journal() {
  if (parts_.keeper.lost() && !parts_.executor.open_records().empty()) {
    // Were this process and the guardian to die now, nobody would know what to undo.
    note_outcomes(parts_.executor.release_all("the undo journal was lost"));
  }
  const bool failed_before = parts_.keeper.obstacle().has_value();
  parts_.keeper.look(!parts_.executor.open_records().empty());
  const auto& obstacle = parts_.keeper.obstacle();
  if (failed_before && !obstacle) {
    // What failed for want of a journal need not wait longer than the journal did.
    state_.back_offs.clear();
    kept_pause_ = {};  // a new journal does not know of it
  }
  parts_.executor.forbid(obstacle ? std::optional(obstacle->text) : std::nullopt);
  report(parts_.keeper.take_reasons());
}

void ControlLoop::check_run_mark() {
  if (parts_.run_mark == nullptr) return;
  auto safe = parts_.run_mark->try_again(parts_.clock.now());
  if (!safe) return;
  state_.safe = std::move(*safe);
  report(EventKind::safe_mode, Severity::info, "how its runs end can be kept again");
}

void ControlLoop::restore_pause() {
  auto stored = parts_.keeper.journal().load_pause();
  if (!stored || !*stored || (*stored)->boot != parts_.boot) return;
  if ((*stored)->until && *(*stored)->until <= parts_.clock.now()) return;
  state_.pause = {true, (*stored)->until, (*stored)->uid};
  kept_pause_ = state_.pause;
}

void ControlLoop::keep_pause() {
  if (state_.pause == kept_pause_) return;
  kept_pause_ = state_.pause;
  std::optional<journal::StoredPause> stored;
  if (state_.pause.active) {
    stored = journal::StoredPause{parts_.boot, state_.pause.until, state_.pause.uid};
  }
  if (auto done = parts_.keeper.journal().store_pause(stored); !done) {
    report(EventKind::command, Severity::warning,
           "the pause will not survive a restart: " + done.error().what);
  }
}

}  // namespace m1opt::app
