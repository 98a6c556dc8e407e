#include "app/status.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "platform/platform.h"

namespace m1opt::app {

namespace {

Mode mode_of(const StatusInput& input, Mode decided) {
  // A paused dry run is still a dry run: what cannot act comes first.
  return input.own_mode == Mode::active ? decided : input.own_mode;
}

std::string describe_mode(Mode mode) {
  switch (mode) {
    case Mode::active: return "active";
    case Mode::paused: return "paused";
    case Mode::passive: return "passive: a limit was reached, nothing new for a while";
    case Mode::dry_run: return "dry run: decides, changes nothing";
    case Mode::sysroot: return "reads a captured tree, changes nothing";
    case Mode::safe: return "safe mode: observes only, begins nothing";
    case Mode::observing: return "observes only, as configured: changes nothing";
  }
  return {};
}

std::string make_headline(Mode mode, const StatusDocument& status, bool obstacle) {
  const auto held = [&](ActionKind kind) {
    return std::count_if(status.holds.begin(), status.holds.end(),
                         [&](const HoldStatus& hold) { return hold.kind == kind; });
  };
  const auto busy = std::count_if(
      status.workloads.begin(), status.workloads.end(),
      [](const WorkloadStatus& workload) { return workload.state == WorkloadState::busy; });
  const auto resting = held(ActionKind::pause_workload);
  return fmt::format("{}; {} busy workload{}, {} raised, {} in the background, {} suspended{}",
                     obstacle ? "changes nothing, see health" : describe_mode(mode), busy,
                     busy == 1 ? "" : "s", held(ActionKind::raise), held(ActionKind::background),
                     held(ActionKind::suspend),
                     resting > 0 ? fmt::format(", {} given a rest", resting) : "");
}

/// After a journal was damaged, a target that is stopped may be our doing or anybody's: it is named,
/// and not continued by guess.
std::optional<HealthFinding> find_unexplained_stops(const StatusInput& input) {
  if (!input.journal_damage) return std::nullopt;
  std::string who;
  std::string pids;
  for (const TargetSample& target : input.sample.targets) {
    const ProcessInfo& process = target.process;
    if (process.state != RunState::stopped || input.held.contains(process.id)) continue;
    who += fmt::format("{}{} (pid {})", who.empty() ? "" : ", ", process.name, process.id.pid);
    pids += fmt::format(" {}", process.id.pid);
  }
  if (who.empty()) return std::nullopt;
  return HealthFinding{Severity::error,
                       fmt::format("{}; stopped, and nobody knows by whom: {}", *input.journal_damage, who),
                       "if you did not stop them yourself: sudo kill -CONT" + pids};
}

/// Tiers that do nothing here, or the opposite of what one may think.
void examine_tiers(const PriorityConfig& config, std::vector<HealthFinding>& found) {
  if (!config.throughput_tier && !config.latency_tier) return;
  if (!platform::has_tiers()) {
    found.push_back({Severity::warning, "scheduling tiers are set, and this system has none",
                     "take priority.throughput_tier and priority.latency_tier out of the config"});
    return;
  }
  for (const auto& [key, tier] : {std::pair("throughput_tier", config.throughput_tier),
                                  std::pair("latency_tier", config.latency_tier)}) {
    if (tier.value_or(0) == 0) continue;
    found.push_back({Severity::warning,
                     fmt::format("priority.{} is {}: 0 is the best tier and 5 the worst, so this "
                                 "slows the workload down",
                                 key, *tier),
                     "set it to 0 or null; a process that got it keeps it until it is restarted"});
  }
}

}  // namespace

std::vector<HealthFinding> find_health(const StatusInput& input, Mode mode) {
  std::vector<HealthFinding> found;
  for (const std::string& failure : input.open_failures) {
    found.push_back({Severity::error, failure, "sudo m1optctl recover"});
  }
  if (input.obstacle) {
    found.push_back({Severity::error, input.obstacle->text, input.obstacle->fix});
  }
  if (auto stopped = find_unexplained_stops(input)) found.push_back(std::move(*stopped));
  if (input.safe_mode.active) {
    found.push_back({Severity::error, "safe mode, nothing is begun: " + input.safe_mode.why,
                     input.safe_mode.until_instant
                         ? "see its log for what ended it; it acts again by itself after a while "
                           "without such an end, or at once after sudo m1optctl restart"
                         : "mend the state directory; once it can write there it acts again by itself"});
  }
  const bool acts = mode != Mode::dry_run && mode != Mode::sysroot && !input.obstacle;
  if (acts && !input.guardian.alive) {
    found.push_back({Severity::error, "the guardian is not running, so nothing is held",
                     "it is started again by itself; if this stays, see the log"});
  }
  if (input.config_status.fault) {
    found.push_back({Severity::warning,
                     "a newer config was rejected, the old one is in force: " +
                         *input.config_status.fault,
                     "mend it and run m1optctl config reload"});
  }
  for (const std::string& excess : input.self.over) {
    found.push_back({Severity::warning, "m1optd takes more than it may: " + excess,
                     "see self in the config; a bug report with m1optctl status --json helps"});
  }
  for (const Capability& capability : input.capabilities) {
    if (capability.available || (capability.name != "suspend" && capability.name != "background" &&
                                 capability.name != "raise")) {
      continue;
    }
    found.push_back({capability.name == "suspend" ? Severity::error : Severity::warning,
                     capability.name + ": " + capability.text, "run m1optd as root"});
  }
  // What the system has not got is no fault: it is among the capabilities.
  if (input.config.awake.enabled && input.awake.problem && !input.awake.unsupported) {
    found.push_back({Severity::warning,
                     "the machine could not be kept awake for a workload: " + *input.awake.problem,
                     "see to the cause, or set awake.enabled to false where the machine never sleeps"});
  }
  examine_tiers(input.config.priority, found);
  for (const std::string& trouble : input.troubles) {
    found.push_back({Severity::warning, trouble,
                     "no hold waits for it; once the cause is mended it goes on by itself"});
  }
  found.insert(found.end(), input.findings.begin(), input.findings.end());
  if (acts && input.guardian.alive && input.guardian.memory_locked == false) {
    found.push_back({Severity::info, "the guardian's memory is not locked: it may be slow under swap",
                     "raise the memory lock limit (LimitMEMLOCK) or run as root"});
  }
  return found;
}

Snapshot make_snapshot(decide::Decision&& decision, const StatusInput& input,
                       std::shared_ptr<const Config> config) {
  const auto wall_of = [&](Instant instant) {
    return WallTime{input.wall.point - std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                           input.now - instant)};
  };
  Snapshot snapshot;
  snapshot.taken = input.now;
  snapshot.config = std::move(config);
  snapshot.targets = std::move(decision.targets);
  snapshot.rules = std::move(decision.rules);

  StatusDocument& status = snapshot.status;
  status.version = M1OPT_VERSION;
  status.pid = ::getpid();
  status.uid = ::geteuid();
  status.started = input.started;
  status.taken = input.wall;
  status.mode = mode_of(input, decision.mode);
  status.pause = decision.pause;
  if (decision.next.pause.active && decision.next.pause.until) {
    status.pause.until = wall_of(*decision.next.pause.until);
  }
  status.safe_mode = input.safe_mode;
  if (status.safe_mode.until_instant) status.safe_mode.until = wall_of(*status.safe_mode.until_instant);
  status.machine = input.machine;
  status.memory = input.sample.memory;
  status.pressure = input.sample.pressure;
  status.swap = input.sample.swap;
  status.thermal = input.sample.thermal;
  status.power = input.sample.power;
  status.cpu = input.sample.cpu;
  status.gpu = input.sample.gpu;
  status.derived = decision.derived;
  status.problems = input.machine_problems;
  status.problems.insert(status.problems.end(), input.sample.problems.begin(),
                         input.sample.problems.end());
  status.workloads = std::move(decision.workloads);
  for (WorkloadStatus& workload : status.workloads) workload.since = wall_of(workload.since_instant);
  status.holds = std::move(decision.holds);
  for (HoldStatus& hold : status.holds) hold.since = wall_of(hold.since_instant);
  status.awake = input.awake;
  if (input.awake.since_instant) status.awake.since = wall_of(*input.awake.since_instant);
  for (const RuleStatus& rule : snapshot.rules) {
    if (rule.tripped) status.tripped_rules.push_back(rule.name);
  }
  status.capabilities = input.capabilities;
  status.guardian = input.guardian;
  status.self = input.self;
  status.config = input.config_status;
  status.health = find_health(input, status.mode);
  status.headline = make_headline(status.mode, status, input.obstacle.has_value());
  return snapshot;
}

}  // namespace m1opt::app
