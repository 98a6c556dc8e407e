// Holds while they last: their effect, their new threads and children, their deadlines.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "decide/holds.h"
#include "decide/rates.h"
#include "decide/text.h"

namespace m1opt::decide {
namespace {

constexpr double kHalf = 0.5;
/// Less than this of a core before: there is nothing to see fall.
constexpr double kWorthChecking = 5.0;
constexpr int kStrikes = 3;
/// A chain of parents is followed so far; deeper trees are taken in later.
constexpr int kDeepest = 16;

using HoldsByPid = std::unordered_map<std::int32_t, Hold*>;

HoldsByPid holds_by_pid(State& state, ActionKind kind) {
  HoldsByPid by_pid;
  for (auto& hold : state.holds) {
    if (hold.kind != kind || hold.ending) continue;
    by_pid[hold.process.pid] = &hold;
    for (const auto& child : hold.family) by_pid[child.pid] = &hold;
  }
  return by_pid;
}

/// The hold over the nearest held ancestor; null when there is none.
Hold* ancestor_hold(const Tick& tick, const HoldsByPid& holds, const ProcessInfo& process) {
  std::int32_t pid = process.parent;
  for (int depth = 0; depth < kDeepest; ++depth) {
    if (const auto hold = holds.find(pid); hold != holds.end()) return hold->second;
    const auto parent = tick.by_pid.find(pid);
    if (parent == tick.by_pid.end()) return nullptr;
    pid = parent->second->parent;
  }
  return nullptr;
}

bool carries(const Tick& tick, ActionKind kind, const ProcessInfo& process) {
  return kind == ActionKind::raise ? process.nice <= tick.config.priority.nice : process.background;
}

/// A child born into a hold inherited its values: it belongs to that hold, or
/// the values of the hold would be taken for the child's own.
void adopt(Tick& tick, const HoldsByPid& holds, const ProcessInfo& process,
           std::vector<Hold*>& changed) {
  if (holds.contains(process.id.pid)) return;
  Hold* hold = ancestor_hold(tick, holds, process);
  const Track* track = find_track(tick.state, process.id);
  if (hold == nullptr || track == nullptr || track->first_seen <= hold->since) return;
  if (!carries(tick, hold->kind, process)) return;
  auto& family = hold->family;
  family.insert(std::lower_bound(family.begin(), family.end(), process.id), process.id);
  changed.push_back(hold);
}

std::vector<Hold*> adopt_children(Tick& tick) {
  for (auto& hold : tick.state.holds) {
    std::erase_if(hold.family, [&](ProcessId id) { return !tick.state.tracks.contains(id); });
  }
  std::vector<Hold*> changed;
  const auto backgrounds = holds_by_pid(tick.state, ActionKind::background);
  if (!backgrounds.empty()) {
    for (const auto& target : tick.sample.targets) {
      if (!tick.targets.contains(target.process.id)) continue;
      adopt(tick, backgrounds, target.process, changed);
    }
  }
  const auto raises = holds_by_pid(tick.state, ActionKind::raise);
  if (raises.empty()) return changed;
  for (const auto& workload : tick.sample.workloads) {
    for (const auto& member : workload.processes) {
      if (member.may_raise) adopt(tick, raises, member.process, changed);
    }
  }
  return changed;
}

void extend(Tick& tick, Hold& hold, Instant deadline) {
  Action action;
  action.verb = ActionVerb::extend;
  action.kind = hold.kind;
  action.process = hold.process;
  action.executable = hold.executable;
  action.target = hold.target;
  action.record = hold.record;
  action.deadline = deadline;
  action.nice = hold.kind == ActionKind::raise ? tick.config.priority.nice : 0;
  action.reason = hold.reason;
  tick.begins.push_back(std::move(action));
}

}  // namespace

void check_effects(Tick& tick) {
  const bool contended = is_cpu_full(tick.state) && tick.any_busy();
  for (auto& hold : tick.state.holds) {
    if (hold.kind != ActionKind::background || !hold.effective || hold.ending) continue;
    const Track* track = find_track(tick.state, hold.process);
    if (track == nullptr || !track->fresh || *track->fresh_since < hold.since) continue;
    const bool kept =
        hold.share_before >= kWorthChecking && track->share >= kHalf * hold.share_before;
    hold.strikes = contended && kept ? hold.strikes + 1 : 0;
    if (hold.strikes < kStrikes) continue;
    hold.effective = false;
    tick.report(EventKind::action_ineffective, Severity::warning,
                fmt::format("background does not slow {}: {} of a core, {} before",
                            process_text(hold_name(hold), hold.process), percent_text(track->share),
                            percent_text(hold.share_before)),
                hold.rule, hold.target, hold.process);
  }
}

void extend_holds(Tick& tick) {
  const Duration renewal = tick.config.limits.renewal;
  const auto changed = adopt_children(tick);
  for (auto& hold : tick.state.holds) {
    if (is_stop(hold.kind) || hold.ending || !may_try_again(tick, hold)) continue;
    const auto process = tick.by_pid.find(hold.process.pid);
    if (process == tick.by_pid.end() || process->second->id != hold.process) continue;
    const bool due = !tick.gap && hold.deadline - tick.now <= renewal / 2;
    const bool grown = process->second->threads != hold.threads ||
                       std::find(changed.begin(), changed.end(), &hold) != changed.end();
    if (!due && !grown) continue;
    hold.threads = process->second->threads;
    extend(tick, hold, due ? tick.now + renewal : hold.deadline);
  }
}

}  // namespace m1opt::decide
