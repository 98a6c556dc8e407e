#pragma once

#include <optional>
#include <string>

#include "decide/tick.h"

/// Who is left alone, until when, and why.
namespace m1opt::decide {

/// ProcessId{} bans the whole row; no kind bans every kind.
void add_ban(Tick& tick, const std::string& target, ProcessId process, BanCause cause,
             std::optional<ActionKind> kind, Duration duration);

/// The longest ban on the process, its own or its row's, for this kind; with no
/// kind only those that cover every kind.
std::optional<Ban> find_ban(const Tick& tick, const std::string& target, ProcessId process,
                            std::optional<ActionKind> kind);

/// Until when a process that was suspended must run, for rules and users alike.
std::optional<Ban> find_rest(const Tick& tick, const std::string& target, ProcessId process);

/// "cooldown, 23 s left"
std::string ban_text(const Ban& ban, Instant now);

/// 60 s after the first failure, doubling to an hour.
Duration back_off_after(int failures);

/// An action on this row failed: nothing of the kind for back_off_after(). One
/// refusal speaks for the row, so a row of 12 does not fail 12 times.
/// True the first time: then it is reported.
bool add_back_off(Tick& tick, const std::string& target, ActionKind kind, OutcomeCode code,
                  const std::string& text);
void clear_back_off(Tick& tick, const std::string& target, ActionKind kind);
/// Null when the action may be tried.
const BackOff* find_back_off(const Tick& tick, const std::string& target, ActionKind kind);

/// Somebody else reset a value of ours. True when it may be set again: at most
/// limits.reapply times in limits.reapply_window.
bool note_reset(Tick& tick, ProcessId process, ActionKind kind);

/// Drops what has run out.
void prune_bans(Tick& tick);

/// How long a process must run after it was suspended: so that it runs for
/// limits.duty of the time, and at least limits.breather when `ran_out`, that
/// is when it was stopped for as long as it may be.
Duration breather_after(const LimitsConfig& limits, Duration suspended, bool ran_out);

}  // namespace m1opt::decide
