#pragma once

#include <array>
#include <span>

#include "act/plan.h"

namespace m1opt::act {

/// One row per ActionKind. Adding a kind is adding a row and its file; journal,
/// verification, undo, guardian and recovery follow from the changes it plans.
struct ActionRow {
  ActionKind kind;
  Result<Plan> (*plan)(const PlanContext& context, ProcessId process);
  /// The attributes without which the action is not done at all, on the systems
  /// that have them; what else may not be taken back is left out and said.
  std::array<Attribute, 2> required;
  /// Do threads and children born later inherit what was set?
  bool inherited;

  [[nodiscard]] bool requires_attribute(Attribute attribute) const {
    return attribute == required[0] || attribute == required[1];
  }
};

std::span<const ActionRow> action_table();
const ActionRow& row_of(ActionKind kind);

Result<Plan> plan_background(const PlanContext& context, ProcessId process);
Result<Plan> plan_suspend(const PlanContext& context, ProcessId process);
Result<Plan> plan_raise(const PlanContext& context, ProcessId process);

}  // namespace m1opt::act
