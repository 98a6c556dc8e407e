#pragma once

#include "decide/rules.h"

/// What rules ask others to do: Ollama to unload idle models, Time Machine to
/// end a backup. Nothing of it is a hold, and nothing of it is taken back.
namespace m1opt::decide {

void absorb_errand_outcomes(Tick& tick);

/// For the first acting rule with such a step; one errand of a kind at a time,
/// and after it a pause in which its effect can show.
void send_on_errands(Tick& tick, const std::vector<RuleView>& rules);

/// Why nobody is asked now for a rule that acts with such a step; empty when somebody is, and for any other rule.
std::string errand_obstacle(const Tick& tick, const RuleView& rule);

}  // namespace m1opt::decide
