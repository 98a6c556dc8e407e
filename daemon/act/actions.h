#pragma once

#include <span>

#include "act/plan.h"

namespace m1opt::act {

/// One row per ActionKind. Adding a kind is adding a row and its file; journal,
/// verification, undo, guardian and recovery follow from the changes it plans.
struct ActionRow {
  ActionKind kind;
  Result<Plan> (*plan)(const PlanContext& context, ProcessId process);
  /// The attribute without which the action is not done at all; what else may
  /// not be taken back is left out and said.
  Attribute required;
  /// Do threads and children born later inherit what was set?
  bool inherited;
};

std::span<const ActionRow> action_table();
const ActionRow& row_of(ActionKind kind);

Result<Plan> plan_background(const PlanContext& context, ProcessId process);
Result<Plan> plan_suspend(const PlanContext& context, ProcessId process);
Result<Plan> plan_raise(const PlanContext& context, ProcessId process);

}  // namespace m1opt::act
