#pragma once

#include "decide/rules.h"

/// A rest for the model's own server when the machine has been hot for long.
namespace m1opt::decide {

/// Is a process of this workload stopped by us to rest, or about to be?
bool is_any_resting(const State& state, const std::string& workload);

/// Stops runners for a rule with the step pause_workload: only those of a
/// workload in the config that has worked lately, whose server says that no
/// request runs (unknown means no), whose runner does not compute, and which are not held otherwise: their
/// priority is put back first, and the rest begins in a later tick.
void begin_breaks(Tick& tick, const std::vector<RuleView>& rules);

/// Why nobody is given a rest for a rule that acts with that step, of the first runner that is left alone; empty when all
/// rest or are about to, and for any other rule.
std::string rest_obstacle(const Tick& tick, const RuleView& rule);

/// Ends a rest that its rule no longer wants.
void check_break(const std::vector<RuleView>& rules, Hold& hold);

}  // namespace m1opt::decide
