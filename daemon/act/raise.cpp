#include "act/actions.h"

namespace m1opt::act {

namespace {

// linux/ioprio.h: best effort class, highest level; sched/types.h: full capacity.
constexpr std::int64_t kIoBestEffortHighest = std::int64_t{2} << 13;
constexpr std::int64_t kClampFull = 1024;

}  // namespace

Result<Plan> plan_raise(const PlanContext& context, ProcessId process) {
  auto threads = context.control.threads(process);
  if (!threads) return threads.error();
  Plan plan;
  for (const ProcessId& thread : *threads) {
    const Subject subject{SubjectKind::thread, process, thread, 0, {}};
    auto nice = context.control.read(Attribute::nice, subject);
    if (!nice) continue;  // ended since it was listed
    // Somebody gave it more already: that is left as found.
    if (*nice > context.nice) plan_change(plan, *nice, Attribute::nice, subject, context.nice);
    if (auto io = context.control.read(Attribute::io_priority, subject)) {
      plan_change(plan, *io, Attribute::io_priority, subject, kIoBestEffortHighest);
    }
    if (auto floor = context.control.read(Attribute::clamp_min, subject)) {
      plan_change(plan, *floor, Attribute::clamp_min, subject, kClampFull);
    }
  }
  plan_group(plan, context, process, GroupWish::raised);
  return plan;
}

}  // namespace m1opt::act
