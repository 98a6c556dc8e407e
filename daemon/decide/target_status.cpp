#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "decide/rates.h"
#include "decide/targets.h"

namespace m1opt::decide {
namespace {

TargetProcess process_status(const Tick& tick, const std::vector<RuleView>& rules,
                             const TargetSample& target) {
  const auto& process = target.process;
  TargetProcess status;
  status.id = process.id;
  status.name = process.name;
  status.uid = process.uid;
  status.state = process.state;
  status.cpu_share = measured_share(tick.state, process.id);
  if (background_of(tick.state, process.id) != nullptr) {
    status.held.push_back(ActionKind::background);
  }
  if (find_hold(tick.state, process.id, ActionKind::suspend) != nullptr) {
    status.held.push_back(ActionKind::suspend);
  }
  const bool ours = tick.targets.contains(process.id);
  status.why = ours ? why_text(tick, rules, target)
                    : "never touched: part of a workload's tree, or protected";
  return status;
}

}  // namespace

void report_refusals(Tick& tick) {
  std::set<ProcessId> refused;
  // One event for all that match one row and are refused for one reason: anybody can start many.
  std::map<std::pair<std::string, std::string>, std::vector<const RefusedTarget*>> fresh;
  for (const auto& entry : tick.sample.refused) {
    refused.insert(entry.id);
    if (!tick.state.refused.contains(entry.id)) fresh[{entry.target, entry.why}].push_back(&entry);
  }
  tick.state.refused = std::move(refused);
  for (const auto& [row, entries] : fresh) {
    const auto& first = *entries.front();
    const std::string more = entries.size() == 1 ? " is"
                                                 : fmt::format(" and {} more that match {} are",
                                                               entries.size() - 1, first.target);
    tick.report(EventKind::target_refused, Severity::info,
                fmt::format("{} (pid {}){} left alone: {}", first.name, first.id.pid, more, first.why),
                {}, first.target, first.id);
  }
}

void report_crowds(Tick& tick) {
  std::set<Crowd> overfull;
  for (const auto& [crowd, count] : tick.matches) {
    if (count <= tick.config.limits.max_match) continue;
    overfull.insert(crowd);
    if (tick.state.overfull.contains(crowd)) continue;
    tick.report(EventKind::target_refused, Severity::warning,
                fmt::format("{} processes of uid {} match {}, more than {}: none of them is acted on", count,
                            crowd.uid, crowd.target, tick.config.limits.max_match),
                {}, crowd.target);
  }
  tick.state.overfull = std::move(overfull);
}

std::vector<TargetStatus> target_statuses(const Tick& tick, const std::vector<RuleView>& rules) {
  std::vector<TargetStatus> statuses;
  std::map<std::string, std::size_t> index;
  for (const auto& row : tick.config.targets) {
    index.try_emplace(row.name, statuses.size());
    TargetStatus status;
    status.name = row.name;
    status.mode = row.mode;
    statuses.push_back(std::move(status));
  }
  for (const auto& target : tick.sample.targets) {
    const auto found = index.find(target.target);
    if (found == index.end()) continue;
    statuses[found->second].processes.push_back(process_status(tick, rules, target));
  }
  for (const auto& refused : tick.sample.refused) {
    const auto found = index.find(refused.target);
    if (found != index.end()) statuses[found->second].refused.push_back(refused);
  }
  return statuses;
}

}  // namespace m1opt::decide
