#pragma once

#include <string>
#include <vector>

#include "decide/rules.h"
#include "decide/tick.h"

/// The life of a hold: asked for, begun, kept, extended, ended.
namespace m1opt::decide {

struct BeginWish {
  ActionKind kind{};
  const ProcessInfo* process{nullptr};
  std::string target;
  std::string rule;  ///< empty when manual or a workload's priority
  std::string reason;
  Instant deadline;
  std::uint64_t command{0};  ///< set: manual
};

/// Adds the action; its outcome is expected in the next sample.
void begin_hold(Tick& tick, const BeginWish& wish);

/// What the last actions did: holds begin and close, failures back off. A begin
/// without an outcome counts as failed.
void absorb_outcomes(Tick& tick);

/// Holds whose rule cleared, whose time is over, whose process is gone ... are
/// marked, then every marked hold is ended, suspensions first; asked again, once
/// a second, until the outcome says that it is closed.
void end_holds(Tick& tick, const std::vector<RuleView>& rules);

/// Marks a hold to be ended; the first mark stays, but for the command that waits.
void mark_ending(Hold& hold, EndCause cause, std::string text, std::uint64_t command = 0);

/// Marks a hold that its own rule no longer keeps: the rule cleared, or else, as `quiet` says,
/// no workload needs it.
void mark_unwanted(Hold& hold, const RuleView& own, std::string quiet);

/// After 3 samples in a row of full CPU beside a busy workload in which a
/// backgrounded target kept at least half of its CPU share: not effective.
void check_effects(Tick& tick);

/// Brings new threads and children of background and raise holds in, after a gap too, and renews
/// deadlines at half time.
void extend_holds(Tick& tick);

std::vector<HoldStatus> hold_statuses(const Tick& tick);

/// Not within a second of an end or extension of it that failed.
bool may_try_again(const Tick& tick, const Hold& hold);

/// Last component of the executable, else the row's name.
std::string hold_name(const Hold& hold);

}  // namespace m1opt::decide
