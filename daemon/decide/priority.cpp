#include "decide/priority.h"

#include <fmt/format.h>

#include <algorithm>

#include "decide/bans.h"
#include "decide/breaks.h"
#include "decide/holds.h"
#include "decide/safe_mode.h"
#include "decide/text.h"
#include "decide/tiers.h"

namespace m1opt::decide {

namespace {

template <class Holds>
auto* raise_among(Holds& holds, ProcessId process) {
  const auto found = std::find_if(holds.begin(), holds.end(), [&](const Hold& hold) {
    return hold.kind == ActionKind::raise &&
           (hold.process == process ||
            std::binary_search(hold.family.begin(), hold.family.end(), process));
  });
  return found == holds.end() ? nullptr : &*found;
}

/// Without a runner or a lease it is no inference, only a busy server.
bool does_inference(const WorkloadSample& workload) {
  return workload.leased ||
         std::any_of(workload.processes.begin(), workload.processes.end(),
                     [](const WorkloadProcess& member) { return member.runner; });
}

/// Why a member is not raised now; empty when it is or should be.
std::string raise_obstacle(const Tick& tick, const WorkloadSample& workload,
                           const WorkloadProcess& member) {
  const auto& process = member.process;
  const auto memory = tick.state.workloads.find(workload.name);
  if (!member.may_raise) {
    return member.why_not.empty() ? "it may not be raised" : member.why_not;
  }
  if (!tick.config.priority.enabled) return "priority is off in the config";
  if (tick.state.pause.active) return "m1opt is paused";
  if (tick.config.observe_only) return kObserveOnly;
  if (tick.state.safe.active) return safe_mode_text(tick);
  if (memory == tick.state.workloads.end() || memory->second.state != WorkloadState::busy) {
    return workload.name + " is not busy";
  }
  if (!does_inference(workload)) return "no process of " + workload.name + " holds a model";
  if (process.state == RunState::zombie) return "it has ended";
  if (is_any_resting(tick.state, workload.name)) return "it is given a rest";
  if (const auto ban = find_ban(tick, workload.name, process.id, ActionKind::raise)) {
    return ban_text(*ban, tick.now);
  }
  if (const auto* back_off = find_back_off(tick, workload.name, ActionKind::raise)) {
    return back_off->text;
  }
  if (process.nice <= tick.config.priority.nice) {
    return fmt::format("its nice value is {} already", process.nice);
  }
  return {};
}

WorkloadMember member_status(const Tick& tick, const WorkloadSample& workload,
                             const WorkloadProcess& member) {
  const auto& process = member.process;
  WorkloadMember status;
  status.id = process.id;
  status.name = process.name;
  status.uid = process.uid;
  status.runner = member.runner;
  status.state = process.state;
  status.nice = process.nice;
  status.footprint = process.footprint;
  status.background = process.background;
  status.app_nap = process.app_nap;
  status.cpu_share = measured_share(tick.state, process.id);
  if (const Track* track = find_track(tick.state, process.id); track != nullptr && track->performance_share) {
    status.performance_core_share = Percent{*track->performance_share};
  }
  status.tiers = tier_status(tick, process.id);
  status.raised = raise_of(tick.state, process.id) != nullptr;
  if (!status.raised) {
    status.not_raised = raise_obstacle(tick, workload, member);
    if (status.not_raised.empty()) status.not_raised = "it is raised next";
  }
  return status;
}

}  // namespace

Hold* raise_of(State& state, ProcessId process) { return raise_among(state.holds, process); }

const Hold* raise_of(const State& state, ProcessId process) {
  return raise_among(state.holds, process);
}

void begin_raises(Tick& tick) {
  for (const auto& workload : tick.sample.workloads) {
    for (const auto& member : workload.processes) {
      const ProcessId id = member.process.id;
      // The sampler may list a process once only; the first workload keeps it.
      if (tick.members.at(id).process != &member) continue;
      if (raise_of(tick.state, id) != nullptr) continue;
      if (!raise_obstacle(tick, workload, member).empty()) continue;
      BeginWish wish;
      wish.kind = ActionKind::raise;
      wish.process = &member.process;
      wish.target = workload.name;
      wish.reason = workload.name + " is busy: " + tick.state.workloads.at(workload.name).source;
      wish.deadline = tick.now + tick.config.limits.renewal;
      begin_hold(tick, wish);
      tick.more_wanted = true;
    }
  }
}

std::vector<WorkloadStatus> workload_statuses(const Tick& tick) {
  std::vector<WorkloadStatus> statuses;
  for (const auto& workload : tick.sample.workloads) {
    WorkloadStatus status;
    status.name = workload.name;
    status.leased = workload.leased;
    status.models = workload.models;
    status.unlisted = workload.unlisted;
    const auto& memory = tick.state.workloads.at(workload.name);
    status.state = memory.state;
    status.state_source = memory.source;
    status.since_instant = memory.since;
    status.tokens_per_s = memory.generation.rate;
    std::optional<double> share;
    for (const auto& member : workload.processes) {
      status.processes.push_back(member_status(tick, workload, member));
      if (const auto& own = status.processes.back().cpu_share) share = share.value_or(0) + own->value();
      status.footprint += member.process.footprint;
    }
    if (share) status.cpu_share = Percent{*share};
    statuses.push_back(std::move(status));
  }
  return statuses;
}

}  // namespace m1opt::decide
