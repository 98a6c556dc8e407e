#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "decide/rates.h"
#include "decide/targets.h"
#include "decide/text.h"

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

/// Anybody can start processes under the names of targets each second, and only the latest thousand events
/// are kept: said every ten minutes, a dozen names take up no more than what rules do in that time.
constexpr Duration kSaidAgain = std::chrono::minutes(10);
/// Reasons of one row that are said within that time: they name users, and one person may have thousands.
constexpr std::ptrdiff_t kMostReasons = 8;

/// True: it is to be said now, and not again for a while.
bool may_say(Tick& tick, const RefusalKey& key) {
  auto& refusals = tick.state.refusals;
  if (refusals.contains(key)) return false;
  const auto of_row = std::count_if(refusals.begin(), refusals.end(),
                                    [&](const auto& entry) { return entry.first.first == key.first; });
  if (of_row >= kMostReasons) return false;
  refusals.emplace(key, RefusalMemory{tick.now});
  return true;
}

/// Says how many more there were since, once the time is over.
void report_since(Tick& tick) {
  for (auto& [key, memory] : tick.state.refusals) {
    if (memory.since == 0 || tick.now - memory.said < kSaidAgain) continue;
    tick.report(EventKind::target_refused, Severity::info,
                fmt::format("{} more that match {} were left alone within {}: {}", memory.since, key.first,
                            duration_text(tick.now - memory.said), key.second),
                {}, key.first);
    memory = {tick.now, 0};
  }
  std::erase_if(tick.state.refusals,
                [&](const auto& entry) { return tick.now - entry.second.said >= kSaidAgain; });
}

}  // namespace

void report_refusals(Tick& tick) {
  report_since(tick);
  std::set<ProcessId> refused;
  // One event for all that match one row and are refused for one reason: anybody can start many.
  std::map<std::pair<std::string, std::string>, std::vector<const RefusedTarget*>> fresh;
  for (const auto& entry : tick.sample.refused) {
    if (tick.state.refused.contains(entry.id)) {
      refused.insert(entry.id);
    } else {
      fresh[{entry.target, entry.why}].push_back(&entry);
    }
  }
  for (const auto& [key, entries] : fresh) {
    const auto said = tick.state.refusals.find(key);
    const bool again = said != tick.state.refusals.end();
    if (!again && !may_say(tick, key)) continue;  // looked at again when its row may say more
    for (const auto* entry : entries) refused.insert(entry->id);
    if (again) {
      said->second.since += static_cast<int>(entries.size());
      continue;
    }
    const auto& first = *entries.front();
    const std::string more = entries.size() == 1 ? " is"
                                                 : fmt::format(" and {} more that match {} are",
                                                               entries.size() - 1, first.target);
    tick.report(EventKind::target_refused, Severity::info,
                fmt::format("{} (pid {}){} left alone: {}", first.name, first.id.pid, more, first.why),
                {}, first.target, first.id);
  }
  tick.state.refused = std::move(refused);
}

void report_crowds(Tick& tick) {
  std::set<Crowd> overfull;
  for (const auto& [crowd, count] : tick.matches) {
    if (count <= tick.config.limits.max_match) continue;
    const bool known = tick.state.overfull.contains(crowd);
    if (!known && !may_say(tick, {crowd.target, fmt::format("a crowd of uid {}", crowd.uid)})) continue;
    overfull.insert(crowd);
    if (known) continue;
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
