#include "act/actions.h"

namespace m1opt::act {

namespace {

constexpr std::array kTable{
    ActionRow{ActionKind::background, plan_background,
              {Attribute::policy, Attribute::darwin_background}, true},
    ActionRow{ActionKind::suspend, plan_suspend, {Attribute::run_state, Attribute::run_state}, false},
    ActionRow{ActionKind::raise, plan_raise, {Attribute::nice, Attribute::nice}, true},
    // The same thing done to another: who may be stopped, when and for how long is the policy's.
    ActionRow{ActionKind::pause_workload, plan_suspend, {Attribute::run_state, Attribute::run_state},
              false},
};

}  // namespace

std::span<const ActionRow> action_table() { return kTable; }

const ActionRow& row_of(ActionKind kind) {
  for (const ActionRow& row : kTable) {
    if (row.kind == kind) return row;
  }
  return kTable.front();  // every kind has a row: actions_test checks it
}

}  // namespace m1opt::act
