#pragma once

#include <string>
#include <vector>

#include "decide/tick.h"

namespace m1opt::decide {

/// One rule in this tick.
struct RuleView {
  const RuleConfig* config{nullptr};
  bool tripped{false};
  bool need_met{false};
  /// The need was met within limits.quiet: what the rule holds may stay.
  bool need_recent{false};
  /// A tripped group has every reading at or beyond its enter now, none unknown:
  /// without that nothing new begins for the rule.
  bool pressing{false};
  /// Every pressing group has a reading that falls: no suspension begins.
  bool falling{false};
  /// Tripped by what the targets take, so an idle target is no part of it.
  bool about_targets{false};
  std::string text;  ///< the reason, with numbers

  [[nodiscard]] bool acting() const { return tripped && need_met; }
  [[nodiscard]] bool keeps() const { return tripped && need_recent; }
  [[nodiscard]] bool has(LadderStep step) const;
};

/// Runs every detector and reports what tripped, cleared or was lost. In the
/// order of the config; disabled rules included, never tripped.
std::vector<RuleView> update_rules(Tick& tick);

std::vector<RuleStatus> rule_statuses(const Tick& tick, const std::vector<RuleView>& views);

/// Does the rule's scope name this row of the targets table?
bool is_about(const RuleScopeConfig& scope, const std::string& target);

/// Null for an unknown name.
const RuleView* find_rule(const std::vector<RuleView>& views, const std::string& name);

/// Why a tripped rule does not act although it could: its need, in words.
std::string need_text(const RuleConfig& rule);

}  // namespace m1opt::decide
