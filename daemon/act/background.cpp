#include "act/actions.h"

namespace m1opt::act {

namespace {

// Linux values (sched.h, linux/ioprio.h). SCHED_IDLE and nice weigh only inside
// one session group, hence the group step.
constexpr std::int64_t kPolicyOther = 0;
constexpr std::int64_t kPolicyBatch = 3;
constexpr std::int64_t kPolicyIdle = 5;
constexpr std::int64_t kResetOnFork = 0x40000000;
constexpr std::int64_t kIoIdleClass = std::int64_t{3} << 13;

/// Linux: each thread by its policy and I/O priority, and its group.
Result<Plan> plan_threads(const PlanContext& context, ProcessId process) {
  auto subjects = subjects_of(context.control, Attribute::policy, process);
  if (!subjects) return subjects.error();
  Plan plan;
  for (const Subject& subject : *subjects) {
    auto policy = context.control.read(Attribute::policy, subject);
    if (!policy) continue;  // ended since it was listed
    const std::int64_t flags = *policy & kResetOnFork;
    const std::int64_t kind = *policy & ~kResetOnFork;
    if (kind != kPolicyOther && kind != kPolicyBatch && kind != kPolicyIdle) {
      plan.notes.emplace_back("a real-time thread stays as it is");
      continue;
    }
    plan_change(plan, *policy, Attribute::policy, subject, kPolicyIdle | flags);
    if (auto io = context.control.read(Attribute::io_priority, subject)) {
      plan_change(plan, *io, Attribute::io_priority, subject, kIoIdleClass);
    }
  }
  plan_group(plan, context, process, GroupWish::lowest);
  return plan;
}

}  // namespace

Result<Plan> plan_background(const PlanContext& context, ProcessId process) {
  // macOS has one flag for CPU, I/O and network of the whole process.
  auto flagged = subjects_of(context.control, Attribute::darwin_background, process);
  if (!flagged) return plan_threads(context, process);
  Plan plan;
  for (const Subject& subject : *flagged) {
    auto background = context.control.read(Attribute::darwin_background, subject);
    if (!background) return background.error();
    plan_change(plan, *background, Attribute::darwin_background, subject, 1);
  }
  return plan;
}

}  // namespace m1opt::act
