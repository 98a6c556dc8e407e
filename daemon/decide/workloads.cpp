#include "decide/workloads.h"

#include <fmt/format.h>

#include <algorithm>

#include "decide/breaks.h"
#include "decide/generation.h"
#include "decide/text.h"

namespace m1opt::decide {
namespace {

constexpr Duration kCpuWindow = std::chrono::seconds(5);
constexpr double kBusyShare = 5.0;
/// Two polls of /api/ps: an expiry that moves shows once, at the end of a request.
constexpr Duration kBusyLinger = std::chrono::seconds(10);
/// Anybody can start and end a namesake each second: that a workload is gone is told once it stays away.
constexpr Duration kStaysAway = std::chrono::seconds(30);

/// CPU of the tree, percent of a core, over the shortest span of at least
/// kCpuWindow; absent until there is one.
std::optional<double> update_tree_cpu(WorkloadMemory& memory, const WorkloadSample* sample,
                                      Instant now, bool gap) {
  if (gap) {
    memory.cpu.clear();
    memory.member_cpu.clear();
  }
  std::map<ProcessId, Duration> seen;
  if (sample != nullptr) {
    for (const auto& member : sample->processes) {
      const auto& process = member.process;
      seen.emplace(process.id, process.cpu_time);
      const auto before = memory.member_cpu.find(process.id);
      if (before != memory.member_cpu.end() && process.cpu_time > before->second) {
        memory.cpu_total += process.cpu_time - before->second;
      }
    }
  }
  memory.member_cpu = std::move(seen);
  auto& points = memory.cpu;
  points.push_back({now, memory.cpu_total});
  while (points.size() > 2 && now - points[1].at >= kCpuWindow) points.erase(points.begin());
  const Duration span = now - points.front().at;
  if (span < kCpuWindow) return std::nullopt;
  return 100.0 * seconds_of(memory.cpu_total - points.front().total) / seconds_of(span);
}

/// The model whose expiry moved since the last answer; a model that is new was
/// loaded for a request. Empty when nothing moved or there was no answer before.
std::string moved_expiry(WorkloadMemory& memory, const WorkloadSample* sample, Instant now) {
  if (sample == nullptr || !sample->models) return {};
  std::string moved;
  std::map<std::string, std::string> expiries;
  for (const auto& model : *sample->models) {
    const std::string expiry = model.expires_at.value_or("");
    expiries.emplace(model.name, expiry);
    const auto before = memory.expiries.find(model.name);
    const bool same = before != memory.expiries.end() && before->second == expiry;
    if (memory.models_known && !same) moved = model.name;
    if (!same) memory.used.insert_or_assign(model.name, now);
  }
  memory.expiries = std::move(expiries);
  std::erase_if(memory.used,
                [&](const auto& entry) { return !memory.expiries.contains(entry.first); });
  memory.models_known = true;
  return moved;
}

/// What shows that a request runs now; empty when nothing does.
std::string busy_sign(WorkloadMemory& memory, const WorkloadSample* sample, Instant now, bool gap) {
  const auto share = update_tree_cpu(memory, sample, now, gap);
  const std::string moved = moved_expiry(memory, sample, now);
  if (sample == nullptr) return {};
  if (sample->leased) return "leased by m1optctl run";
  if (sample->request_running.value_or(false)) return "a request runs in a slot";
  if (!moved.empty()) return fmt::format("the expiry of {} moved", moved);
  if (share && *share >= kBusyShare) {
    return fmt::format("tree CPU {} of a core over {}", percent_text(*share),
                       duration_text(now - memory.cpu.front().at));
  }
  return {};
}

std::string resident_source(const WorkloadSample& sample) {
  if (sample.models && !sample.models->empty()) {
    return fmt::format("model {} is loaded", sample.models->front().name);
  }
  for (const auto& member : sample.processes) {
    if (!member.runner) continue;
    return fmt::format("runner {}", process_text(member.process.name, member.process.id));
  }
  return {};
}

void update_one(Tick& tick, const std::string& name, const WorkloadSample* sample) {
  const auto [entry, is_new] = tick.state.workloads.try_emplace(name);
  WorkloadMemory& memory = entry->second;
  if (is_new) memory.since = tick.now;
  update_generation(memory.generation, sample, tick.now);
  std::string sign = busy_sign(memory, sample, tick.now, tick.gap);
  // One that we stopped gives no sign, but its work goes on afterwards.
  if (is_any_resting(tick.state, name)) sign = "its runner is given a rest";
  if (!sign.empty()) {
    memory.last_sign = tick.now;
    memory.busy_source = sign;
  }
  const bool present = sample != nullptr && (!sample->processes.empty() || sample->leased);
  WorkloadState state = WorkloadState::absent;
  std::string source = present ? "no model is loaded" : "not running";
  if (present && memory.last_sign && tick.now - *memory.last_sign < kBusyLinger) {
    state = WorkloadState::busy;
    memory.last_busy = tick.now;
    source = memory.busy_source;
  } else if (const std::string held = present ? resident_source(*sample) : ""; !held.empty()) {
    state = WorkloadState::resident;
    source = held;
  }
  memory.source = source;
  if (state != memory.state) memory.since = tick.now;
  memory.state = state;
  const bool may_return = state == WorkloadState::absent && tick.now - memory.since < kStaysAway;
  if (state == memory.told || may_return) return;
  memory.told = state;
  const char* word = boost::describe::enum_to_string(state, "?");
  tick.report(EventKind::workload_changed, Severity::info,
              fmt::format("{} is {}: {}", name, word, source), {}, name);
}

}  // namespace

void update_workloads(Tick& tick) {
  std::map<std::string, const WorkloadSample*> samples;
  for (const auto& [name, memory] : tick.state.workloads) samples.emplace(name, nullptr);
  for (const auto& sample : tick.sample.workloads) samples.insert_or_assign(sample.name, &sample);
  for (const auto& [name, sample] : samples) update_one(tick, name, sample);
  std::erase_if(tick.state.workloads, [&](const auto& entry) {
    return samples.at(entry.first) == nullptr && entry.second.state == WorkloadState::absent &&
           entry.second.told == WorkloadState::absent && is_quiet(tick, entry.second);
  });
}

bool is_any_unjudged(const Tick& tick) {
  return std::any_of(tick.sample.workloads.begin(), tick.sample.workloads.end(), [&](const auto& sample) {
    const auto& cpu = tick.state.workloads.at(sample.name).cpu;
    return !sample.processes.empty() && cpu.back().at - cpu.front().at < kCpuWindow;
  });
}

bool is_quiet(const Tick& tick, const WorkloadMemory& memory) {
  return !memory.last_busy || tick.now - *memory.last_busy >= tick.config.limits.quiet;
}

std::string find_work(const Tick& tick) {
  std::string recent;
  std::optional<Instant> latest;
  for (const auto& [name, memory] : tick.state.workloads) {
    if (memory.state == WorkloadState::busy) return name + " is busy: " + memory.source;
    if (is_quiet(tick, memory) || (latest && *memory.last_busy <= *latest)) continue;
    latest = memory.last_busy;
    recent = fmt::format("{} was busy {} ago, less than {}", name,
                         duration_text(tick.now - *latest), duration_text(tick.config.limits.quiet));
  }
  return recent;
}

}  // namespace m1opt::decide
