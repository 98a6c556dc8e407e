#include "decide/breaks.h"

#include <fmt/format.h>

#include <algorithm>

#include "decide/bans.h"
#include "decide/holds.h"
#include "decide/priority.h"
#include "decide/text.h"
#include "decide/workloads.h"

namespace m1opt::decide {
namespace {

/// A server that was idle this long ago may have begun a request since.
constexpr Duration kFreshAnswer = std::chrono::seconds(2);
/// Percent of a core in the last sample: more is a request, whatever the server said before it came.
constexpr double kIdleShare = 2.0;

const RuleView* wanted_by(const std::vector<RuleView>& rules) {
  const auto found = std::find_if(rules.begin(), rules.end(), [](const RuleView& rule) {
    return rule.acting() && rule.pressing && rule.has(LadderStep::pause_workload);
  });
  return found == rules.end() ? nullptr : &*found;
}

void begin_rest(Tick& tick, const RuleView& rule, const std::string& workload,
                const ProcessInfo& process) {
  BeginWish wish;
  wish.kind = ActionKind::pause_workload;
  wish.process = &process;
  wish.target = workload;
  wish.rule = rule.config->name;
  wish.reason = rule.config->name + ": " + rule.text;
  wish.deadline = tick.now + tick.config.limits.max_break;
  begin_hold(tick, wish);
  tick.more_wanted = true;
}

/// The server's answer may be older than a request; what the kernel counts is of now.
std::string computing_obstacle(const Tick& tick, const ProcessInfo& process) {
  const Track* track = find_track(tick.state, process.id);
  if (track == nullptr || !track->known) return "whether it computes is unknown";
  if (!track->sleeping || track->share >= kIdleShare) return "it computes now";
  return {};
}

/// Why this runner is not given a rest now; empty when it may be.
std::string break_obstacle(const Tick& tick, const WorkloadSample& workload,
                           const WorkloadProcess& member) {
  const auto memory = tick.state.workloads.find(workload.name);
  if (!member.may_raise) {
    return member.why_not.empty() ? "it may be no concern of ours" : member.why_not;
  }
  if (memory == tick.state.workloads.end() || is_quiet(tick, memory->second)) {
    return workload.name + " has not been busy lately";
  }
  if (member.process.state == RunState::stopped) return "somebody else stopped it; left as found";
  if (workload.leased) return "it was leased by m1optctl run";
  if (!workload.request_running) return "whether a request runs is unknown";
  if (*workload.request_running) return "a request runs";
  if (!workload.slots_age || *workload.slots_age > kFreshAnswer) {
    return "the server's last answer is too old";
  }
  if (std::string computes = computing_obstacle(tick, member.process); !computes.empty()) {
    return computes;
  }
  if (tick.suspended() >= tick.config.limits.max_suspended) {
    return fmt::format("{} processes are stopped already, the most allowed", tick.suspended());
  }
  if (const auto ban =
          find_ban(tick, workload.name, member.process.id, ActionKind::pause_workload)) {
    return ban_text(*ban, tick.now);
  }
  const auto* back_off = find_back_off(tick, workload.name, ActionKind::pause_workload);
  return back_off == nullptr ? std::string{} : back_off->text;
}

}  // namespace

bool is_any_resting(const State& state, const std::string& workload) {
  const auto rests = [&](const Hold& hold) {
    return hold.kind == ActionKind::pause_workload && hold.target == workload;
  };
  return std::any_of(state.holds.begin(), state.holds.end(), rests) ||
         std::any_of(state.pending.begin(), state.pending.end(),
                     [&](const PendingBegin& pending) { return rests(pending.hold); });
}

void begin_breaks(Tick& tick, const std::vector<RuleView>& rules) {
  const RuleView* rule = wanted_by(rules);
  if (rule == nullptr || tick.passive()) return;
  for (const auto& workload : tick.sample.workloads) {
    for (const auto& member : workload.processes) {
      const ProcessId id = member.process.id;
      if (!member.runner || tick.members.at(id).process != &member) continue;
      if (find_hold(tick.state, id, ActionKind::pause_workload) != nullptr) continue;
      if (!break_obstacle(tick, workload, member).empty()) continue;
      if (Hold* raise = raise_of(tick.state, id)) {
        mark_ending(*raise, EndCause::config, workload.name + " is given a rest next");
        tick.more_wanted = true;
        continue;
      }
      begin_rest(tick, *rule, workload.name, member.process);
    }
  }
}

std::string rest_obstacle(const Tick& tick, const RuleView& rule) {
  if (!rule.acting() || !rule.has(LadderStep::pause_workload)) return {};
  if (!rule.pressing) return "it waits to clear";
  bool any = false;
  for (const auto& workload : tick.sample.workloads) {
    for (const auto& member : workload.processes) {
      const ProcessId id = member.process.id;
      if (!member.runner || tick.members.at(id).process != &member) continue;
      any = true;
      if (find_hold(tick.state, id, ActionKind::pause_workload) != nullptr) continue;
      if (std::string obstacle = break_obstacle(tick, workload, member); !obstacle.empty()) {
        return fmt::format("{} pid {} is given no rest: {}", workload.name, id.pid, obstacle);
      }
    }
  }
  return any ? std::string() : "no runner is there";
}

void check_break(const std::vector<RuleView>& rules, Hold& hold) {
  const RuleView* own = find_rule(rules, hold.rule);
  if (own != nullptr && own->keeps() && own->has(LadderStep::pause_workload)) return;
  if (own == nullptr || !own->has(LadderStep::pause_workload)) {
    mark_ending(hold, EndCause::config, "the config no longer asks for it");
  } else {
    mark_unwanted(hold, *own, "no workload needs it");
  }
}

}  // namespace m1opt::decide
