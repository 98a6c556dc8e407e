#pragma once

#include <optional>
#include <string>
#include <vector>

#include "decide/rules.h"
#include "decide/tick.h"

namespace m1opt::decide {

/// What a rule would do with one process now, and why not more.
struct Verdict {
  std::optional<ActionKind> begin;
  std::string why;
};

/// Climbs the rule's ladder for this process: background, then suspend once
/// background was tried for limits.post_action (or is not possible), then
/// suspend_if_ineffective once it was seen not to help.
Verdict judge(const Tick& tick, const RuleView& rule, const TargetSample& target);

/// Is this process one that the rule may act on: by its row, what it wants and what it holds?
bool is_in_scope(const Tick& tick, const RuleScopeConfig& scope, const TargetSample& target);

/// What keeps everybody's hands off the process, a user's too; empty when nothing.
std::string standing_obstacle(const Tick& tick, const TargetSample& target);
/// What keeps it from being suspended, a user's wish included; empty when nothing.
std::string suspend_obstacle(const Tick& tick, const TargetSample& target);

/// How long the process may be suspended at most.
Duration longest_suspension(const Tick& tick, const std::string& target);

/// Begins at most one hold: of the first rule (in the order of the config) that
/// has something to do, on its hungriest process (demand for CPU, then
/// footprint, then name and pid). One a tick, so that the next sample shows what it did.
void begin_one(Tick& tick, const std::vector<RuleView>& rules);

/// Targets in the order in which they are picked.
std::vector<const TargetSample*> by_hunger(const Tick& tick);

/// Why the process is held, or why not: one sentence, never empty.
std::string why_text(const Tick& tick, const std::vector<RuleView>& rules,
                     const TargetSample& target);

/// Processes that match a row but are left alone are reported once, those of one row and reason together and
/// not more often than every ten minutes.
void report_refusals(Tick& tick);

/// Rows that match more processes than limits.max_match are reported once, and after that not more often either.
void report_crowds(Tick& tick);

std::vector<TargetStatus> target_statuses(const Tick& tick, const std::vector<RuleView>& rules);

}  // namespace m1opt::decide
