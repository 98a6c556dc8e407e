#include "act/plan.h"

#include <fmt/format.h>

namespace m1opt::act {

namespace {

constexpr std::int64_t kLowestNice = 19;
constexpr std::int64_t kRaisedWeight = 1000;
constexpr std::int64_t kUsualWeight = 100;  // cgroup v2's default
constexpr std::int64_t kLowestWeight = 1;

/// The first member that does not belong, 0 if all do.
std::int32_t stranger_in(const std::vector<std::int32_t>& members,
                         const std::set<std::int32_t>& companions) {
  for (const std::int32_t pid : members) {
    if (!companions.contains(pid)) return pid;
  }
  return 0;
}

void plan_autogroup(Plan& plan, const PlanContext& context, const Subject& group, GroupWish wish) {
  auto members = context.control.autogroup_members(group);
  if (!members) {
    plan.notes.push_back("its session group cannot be listed: " + members.error().what);
    return;
  }
  if (const auto pid = stranger_in(*members, context.companions); pid != 0) {
    plan.notes.push_back(fmt::format("its session group also holds pid {}, so its nice stays", pid));
    return;
  }
  auto nice = context.control.read(Attribute::autogroup_nice, group);
  if (!nice) {
    plan.notes.push_back("its session group cannot be read: " + nice.error().what);
    return;
  }
  if (wish == GroupWish::raised && *nice <= context.nice) return;  // it has more already
  plan_change(plan, *nice, Attribute::autogroup_nice, group,
              wish == GroupWish::lowest ? kLowestNice : context.nice);
}

void plan_cgroup(Plan& plan, const PlanContext& context, const Subject& group, GroupWish wish) {
  auto members = context.control.cgroup_members(group);
  if (!members) {
    plan.notes.push_back("its cgroup cannot be listed: " + members.error().what);
    return;
  }
  if (const auto pid = stranger_in(*members, context.companions); pid != 0) {
    plan.notes.push_back(fmt::format("its cgroup also holds pid {}, so its weight stays", pid));
    return;
  }
  auto weight = context.control.read(Attribute::cgroup_weight, group);
  if (!weight) {
    plan.notes.push_back("its cgroup cannot be read: " + weight.error().what);
    return;
  }
  if (wish == GroupWish::lowest) {
    auto idle = context.control.read(Attribute::cgroup_idle, group);
    if (idle && *idle == 1) return;
    // Taking idle back leaves the kernel's own weight, whatever it was before.
    if (idle && *weight == kUsualWeight) {
      plan_change(plan, *idle, Attribute::cgroup_idle, group, 1);
      return;
    }
  } else if (*weight >= kRaisedWeight) {
    return;  // it has more already
  }
  plan_change(plan, *weight, Attribute::cgroup_weight, group,
              wish == GroupWish::lowest ? kLowestWeight : kRaisedWeight);
}

}  // namespace

Result<std::vector<Subject>> subjects_of(platform::ProcessControl& control, Attribute attribute,
                                         ProcessId process) {
  const auto holder = control.holder(attribute);
  if (holder == SubjectKind::process) {
    return std::vector<Subject>{{SubjectKind::process, process, {}, 0, {}}};
  }
  if (holder != SubjectKind::thread) {
    return Error{Errc::unsupported, 0,
                 fmt::format("this system has no {} of processes",
                             boost::describe::enum_to_string(attribute, "?"))};
  }
  auto threads = control.threads(process);
  if (!threads) return threads.error();
  std::vector<Subject> subjects;
  for (const ProcessId& thread : *threads) {
    subjects.push_back({SubjectKind::thread, process, thread, 0, {}});
  }
  return subjects;
}

void plan_change(Plan& plan, std::int64_t before, Attribute attribute, const Subject& subject,
                 std::int64_t set) {
  if (before != set) plan.changes.push_back({attribute, subject, before, set});
}

void plan_group(Plan& plan, const PlanContext& context, ProcessId process, GroupWish wish) {
  if (!context.control.holder(Attribute::autogroup_nice) &&
      !context.control.holder(Attribute::cgroup_weight)) {
    return;  // nothing weighs between sessions here
  }
  if (auto group = context.control.cgroup(process)) {
    plan_cgroup(plan, context, *group, wish);
    return;
  }
  auto group = context.control.autogroup(process);
  if (group) {
    plan_autogroup(plan, context, *group, wish);
  } else {
    plan.notes.push_back(group.error().what);
  }
}

bool is_in_group(platform::ProcessControl& control, ProcessId process, const Subject& group) {
  const bool session = group.kind == SubjectKind::autogroup;
  if (!session && group.kind != SubjectKind::cgroup) return false;
  const auto own = session ? control.autogroup(process) : control.cgroup(process);
  return own && own->number == group.number && own->path == group.path;
}

}  // namespace m1opt::act
