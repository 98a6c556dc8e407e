#include "act/actions.h"

namespace m1opt::act {

namespace {

// linux/ioprio.h: best effort class, highest level; sched/types.h: full capacity.
constexpr std::int64_t kIoBestEffortHighest = std::int64_t{2} << 13;
constexpr std::int64_t kIoRealTimeClass = 1;
constexpr std::int64_t kClampFull = 1024;

}  // namespace

Result<Plan> plan_raise(const PlanContext& context, ProcessId process) {
  auto& control = context.control;
  auto subjects = subjects_of(control, Attribute::nice, process);
  if (!subjects) return subjects.error();
  Plan plan;
  for (const Subject& subject : *subjects) {
    auto nice = control.read(Attribute::nice, subject);
    if (!nice && subject.kind == SubjectKind::process) return nice.error();
    if (!nice) continue;  // a thread that ended since it was listed
    // macOS: nice counts for nothing while the process is in background.
    if (control.holder(Attribute::darwin_background) == subject.kind) {
      auto background = control.read(Attribute::darwin_background, subject);
      if (!background) return background.error();
      plan_change(plan, *background, Attribute::darwin_background, subject, 0);
    }
    // Somebody gave it more already: that is left as found.
    if (*nice > context.nice) plan_change(plan, *nice, Attribute::nice, subject, context.nice);
    if (auto io = control.read(Attribute::io_priority, subject); io && *io >> 13 != kIoRealTimeClass) {
      plan_change(plan, *io, Attribute::io_priority, subject, kIoBestEffortHighest);
    }
    if (auto floor = control.read(Attribute::clamp_min, subject)) {
      plan_change(plan, *floor, Attribute::clamp_min, subject, kClampFull);
    }
  }
  plan_group(plan, context, process, GroupWish::raised);
  return plan;
}

}  // namespace m1opt::act
