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

}  // namespace

Result<Plan> plan_background(const PlanContext& context, ProcessId process) {
  auto threads = context.control.threads(process);
  if (!threads) return threads.error();
  Plan plan;
  for (const ProcessId& thread : *threads) {
    const Subject subject{SubjectKind::thread, process, thread, 0, {}};
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

}  // namespace m1opt::act
