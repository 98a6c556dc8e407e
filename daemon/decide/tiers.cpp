#include "decide/tiers.h"

#include <fmt/format.h>

#include "decide/bans.h"
#include "decide/priority.h"
#include "decide/text.h"

namespace m1opt::decide {
namespace {

/// A process that is missing from one sample is still the one that was asked for.
constexpr Duration kForget = std::chrono::hours(1);

std::string tiers_text(const TierRequest& request) {
  const auto one = [](const char* name, std::optional<int> tier) {
    return tier ? fmt::format("{} tier {}", name, *tier) : std::string{};
  };
  const std::string throughput = one("throughput", request.throughput);
  const std::string latency = one("latency", request.latency);
  return throughput + (throughput.empty() || latency.empty() ? "" : " and ") + latency;
}

void report(Tick& tick, const TierOutcome& outcome, bool done, const std::string& text) {
  const TierRequest& request = outcome.request;
  const auto member = tick.members.find(request.process);
  const std::string name =
      member == tick.members.end() ? request.workload : member->second.process->process.name;
  tick.report(done ? EventKind::action_done : EventKind::action_failed,
              done ? Severity::info : Severity::warning,
              fmt::format("{} {}: {}. A tier cannot be taken back while the process lives",
                          tiers_text(request), process_text(name, request.process), text),
              {}, request.workload, request.process);
}

void absorb(Tick& tick, const TierOutcome& outcome) {
  TierMemory& memory = tick.state.tiers[outcome.request.process];
  memory.request = outcome.request;
  memory.waiting = false;
  memory.exit_status = outcome.exit_status;
  memory.text = outcome.text;
  memory.last_seen = tick.now;
  switch (outcome.result) {
    case TierResult::asked:
      memory.settled = true;
      report(tick, outcome, true, outcome.text);
      return;
    case TierResult::gone: memory.settled = true; return;
    case TierResult::unsupported:
      if (!tick.state.no_tiers) report(tick, outcome, false, outcome.text);
      tick.state.no_tiers = outcome.text;
      return;
    case TierResult::failed: break;
  }
  ++memory.failures;
  const Duration wait = back_off_after(memory.failures);
  memory.not_before = tick.now + wait;
  report(tick, outcome, false,
         fmt::format("{}; not tried again for {}", outcome.text, duration_text(wait)));
}

/// May this process be asked for now?
bool is_due(const Tick& tick, const WorkloadProcess& member) {
  const auto& process = member.process;
  if (!member.may_raise || process.executable.empty()) return false;
  const Hold* raise = raise_of(tick.state, process.id);
  if (raise == nullptr || raise->ending) return false;
  const auto known = tick.state.tiers.find(process.id);
  if (known == tick.state.tiers.end()) return true;
  return !known->second.waiting && !known->second.settled && known->second.not_before <= tick.now;
}

void ask(Tick& tick, const WorkloadSample& workload, const ProcessInfo& process) {
  const auto& priority = tick.config.priority;
  TierMemory& memory = tick.state.tiers[process.id];
  memory.request = {process.id, process.executable, workload.name, priority.throughput_tier,
                    priority.latency_tier};
  memory.waiting = true;
  memory.last_seen = tick.now;
  memory.exit_status.reset();
  memory.text = "being asked for";
  tick.decision.tier_requests.push_back(memory.request);
}

}  // namespace

void absorb_tier_outcomes(Tick& tick) {
  for (const TierOutcome& outcome : tick.sample.tier_outcomes) absorb(tick, outcome);
}

void ask_for_tiers(Tick& tick) {
  for (auto& [id, memory] : tick.state.tiers) {
    if (tick.members.contains(id)) memory.last_seen = tick.now;
  }
  std::erase_if(tick.state.tiers, [&](const auto& entry) {
    return tick.now - entry.second.last_seen > kForget;
  });
  const auto& priority = tick.config.priority;
  if (!priority.throughput_tier && !priority.latency_tier) return;
  if (!priority.enabled || tick.state.no_tiers) return;
  for (const auto& workload : tick.sample.workloads) {
    for (const auto& member : workload.processes) {
      if (tick.members.at(member.process.id).process != &member) continue;
      if (is_due(tick, member)) ask(tick, workload, member.process);
    }
  }
}

std::optional<TierStatus> tier_status(const Tick& tick, ProcessId process) {
  const auto found = tick.state.tiers.find(process);
  if (found == tick.state.tiers.end()) return std::nullopt;
  const TierMemory& memory = found->second;
  return TierStatus{memory.request.throughput, memory.request.latency, memory.exit_status,
                    memory.text};
}

}  // namespace m1opt::decide
