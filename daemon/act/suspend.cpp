#include "act/actions.h"

namespace m1opt::act {

Result<Plan> plan_suspend(const PlanContext& context, ProcessId process) {
  const Subject subject{SubjectKind::process, process, {}, 0, {}};
  auto stopped = context.control.read(Attribute::run_state, subject);
  if (!stopped) return stopped.error();
  Plan plan;
  plan_change(plan, *stopped, Attribute::run_state, subject, 1);
  return plan;
}

}  // namespace m1opt::act
