#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "decide/policy.h"
#include "decide/rates.h"

/// A machine in memory for the policy: processes that take CPU, an executor
/// that does what it is told, readings that a test sets.
namespace m1opt::test {

using namespace m1opt::base;
using namespace m1opt::model;
using namespace m1opt::decide;
using namespace std::chrono_literals;

inline DetectorConfig detector(std::string metric, double enter, double exit, Duration hold = 5s) {
  return {std::move(metric), enter, exit, hold, 30s};
}

inline RuleConfig rule(std::string name, RuleNeeds needs, std::vector<DetectorGroupConfig> any,
                       std::vector<LadderStep> ladder) {
  return {std::move(name), true, "because", needs, std::move(any), std::move(ladder), {}};
}

/// The numbers of config/m1opt.json.
inline std::vector<RuleConfig> default_rules() {
  using enum LadderStep;
  const auto either = RuleNeeds::resident_or_busy;
  const auto swap_out = detector("swap_out_bytes_per_s", 20e6, 5e6, 10s);
  const auto used = detector("memory_used_percent", 80, 75);
  return {
      rule("memory_critical", either, {{{detector("pressure_level", 2, 2)}}},
           {background, suspend}),
      rule("swap_out_fast", either, {{{swap_out}}}, {background, suspend}),
      rule("thermal_trapping", either,
           {{{detector("thermal_level", 3, 3)}}, {{detector("temperature_celsius", 100, 95)}}},
           {background, suspend}),
      rule("memory_full_under_pressure", either,
           {{{used, detector("pressure_level", 1, 1)}}, {{used, swap_out}}}, {background, suspend}),
      rule("contention", RuleNeeds::busy, {{{detector("targets_cpu_percent", 25, 10)}}},
           {background, suspend_if_ineffective}),
      rule("memory_warning", either, {{{detector("pressure_level", 1, 1)}}}, {background}),
      rule("swap_used", either,
           {{{detector("swap_used_percent", 20, 15), detector("swap_out_bytes_per_s", 1, 1)}}},
           {background}),
      rule("thermal_heavy", either,
           {{{detector("thermal_level", 2, 2)}}, {{detector("temperature_celsius", 90, 85)}}},
           {background}),
      rule("memory_used_high", either, {{{used}}}, {background}),
      rule("memory_used", RuleNeeds::nothing, {{{detector("memory_used_percent", 60, 55)}}},
           {report}),
      rule("thermal_warm", RuleNeeds::nothing, {{{detector("temperature_celsius", 80, 75)}}},
           {report}),
  };
}

inline Config default_config() {
  Config config;
  for (const char* name : {"photoanalysisd", "mediaanalysisd", "tracker-miner-fs-3"}) {
    config.targets.push_back({name, {name}, TargetMode::suspend, {}, {}});
  }
  config.targets.push_back({"mdworker", {"mdworker"}, TargetMode::suspend, 60s, 2});
  config.targets.push_back({"mds", {"mds"}, TargetMode::background, {}, {}});
  WorkloadConfig ollama;
  ollama.name = "ollama";
  config.workloads.push_back(ollama);
  config.rules = default_rules();
  return config;
}

/// The two processes of World::start_llm.
inline constexpr ProcessId kServer{500, 5000};
inline constexpr ProcessId kRunner{501, 5010};

/// A target process of the simulated machine.
struct SimTarget {
  TargetSample sample;
  double appetite{0};      ///< cores it wants
  bool deaf{false};        ///< background does not slow it
  bool counts_wait{true};  ///< the kernel counts the time it waits for a core
};

class World {
 public:
  Config config = default_config();
  State state;
  Instant now{1h};
  Sample base;  ///< the readings; processes, commands and outcomes are added
  std::map<std::int32_t, SimTarget> targets;
  WorkloadSample llm;      ///< empty: not running
  double llm_appetite{0};  ///< cores
  double cores{2};
  std::function<OutcomeCode(const Action&)> answer = [](const Action& action) {
    return action.verb == ActionVerb::end ? OutcomeCode::undone : OutcomeCode::applied;
  };

  std::function<void(Sample&)> distort;  ///< the last word on what a sample shows
  std::function<void(const Sample&, const Decision&)> watch;  ///< gets every tick

  Decision last;
  std::vector<std::pair<Instant, Action>> actions;  ///< all so far
  std::vector<Reason> reasons;
  std::vector<CommandReply> replies;
  std::vector<ErrandRequest> errands;

  World() {
    llm.name = "ollama";
    base.memory = MemoryReading{};
    base.memory->total = Bytes{16'000'000'000};
    set_used(40);
    base.pressure = PressureReading{};
    base.swap = SwapReading{};
    base.swap->swapped_in = Bytes{0};
    base.swap->swapped_out = Bytes{0};
    base.thermal = ThermalReading{};
    base.thermal->level = 0;
    base.cpu = CpuReading{};
    base.process_count = 300;
  }

  void set_used(double percent) {
    base.memory->used_share = Percent{percent};
    base.memory->available_share = Percent{100 - percent};
  }
  /// The server has just been asked; `decoded`: of the request that runs, absent: none runs.
  void answer_slots(std::optional<std::int64_t> decoded, std::int64_t task = 1) {
    SlotReading slot;
    slot.runner = kRunner;
    slot.processing = decoded.has_value();
    slot.task = task;
    slot.decoded = decoded;
    llm.slots = {slot};
    llm.slots_age = 0ns;
    llm.request_running = slot.processing;
  }
  void set_level(PressureLevel level) { base.pressure->level = level; }

  ProcessId add_target(std::int32_t pid, const std::string& name, double appetite,
                       TargetMode mode = TargetMode::suspend) {
    SimTarget target;
    target.sample.target = name;
    target.sample.mode = mode;
    target.sample.process.id = {pid, static_cast<std::uint64_t>(pid) * 10};
    target.sample.process.parent = 1;
    target.sample.process.uid = 1000;
    target.sample.process.executable = "/usr/libexec/" + name;
    target.sample.process.name = name;
    target.sample.process.threads = 1;
    target.sample.process.footprint = Bytes{100'000'000};
    target.appetite = appetite;
    targets[pid] = target;
    return target.sample.process.id;
  }

  /// An LLM server and its runner; `appetite` cores are taken by the runner.
  void start_llm(double appetite) {
    llm.processes.clear();
    for (const std::int32_t pid : {500, 501}) {
      WorkloadProcess member;
      member.process.id = {pid, static_cast<std::uint64_t>(pid) * 10};
      member.process.parent = pid == 501 ? 500 : 1;
      member.process.executable = pid == 501 ? "/opt/llama-server" : "/opt/ollama";
      member.process.name = pid == 501 ? "llama-server" : "ollama";
      member.process.threads = 4;
      member.runner = pid == 501;
      member.may_raise = true;
      llm.processes.push_back(member);
    }
    llm_appetite = appetite;
  }
  /// As start_llm, and it has been computing long enough to be busy.
  void make_busy() {
    start_llm(1);
    for (int i = 0; i < 8; ++i) {
      tick();
      pass(1s);
    }
  }

  /// Of the workload.
  ProcessInfo& process_of(ProcessId id) { return *find(id); }
  ProcessInfo& process(ProcessId id) { return targets.at(id.pid).sample.process; }
  void command(CommandBody body, bool administrator = true, std::uint32_t uid = 1000) {
    commands_.push_back({++last_command_, uid, administrator, std::move(body)});
  }

  /// One tick now.
  const Decision& tick() {
    Sample sample = base;
    for (const auto& [pid, target] : targets) {
      TargetSample copy = target.sample;
      if (!target.counts_wait) copy.waited.reset();
      sample.targets.push_back(copy);
    }
    if (!llm.processes.empty()) sample.workloads.push_back(llm);
    if (distort) distort(sample);
    sample.commands = std::exchange(commands_, {});
    sample.outcomes = std::exchange(outcomes_, {});
    sample.tier_outcomes = std::exchange(tier_outcomes_, {});
    sample.errand_outcomes = std::exchange(errand_outcomes_, {});
    last = step(state, sample, config, now);
    if (watch) watch(sample, last);
    state = last.next;
    reasons.insert(reasons.end(), last.reasons.begin(), last.reasons.end());
    replies.insert(replies.end(), last.replies.begin(), last.replies.end());
    for (const auto& action : last.actions) execute(action);
    errands.insert(errands.end(), last.errands.begin(), last.errands.end());
    return last;
  }

  /// Time passes and everybody computes.
  void pass(Duration d) {
    now = now + d;
    const bool busy = llm_appetite > 0 && !llm.processes.empty();
    double taken = busy ? llm_appetite : 0;
    for (auto& [pid, target] : targets) {
      auto& process = target.sample.process;
      if (process.state == RunState::stopped || process.state == RunState::zombie) continue;
      const bool starved = process.background && busy && !target.deaf;
      const double got = starved ? target.appetite * 0.02 : target.appetite;
      taken += got;
      process.cpu_time += scaled(d, got);
      target.sample.waited = target.sample.waited.value_or(0ns) + scaled(d, target.appetite - got);
    }
    for (auto& member : llm.processes) {
      auto& shown = member.process.state;
      if (shown == RunState::running || shown == RunState::sleeping) {
        shown = busy && member.runner ? RunState::running : RunState::sleeping;
      }
    }
    if (busy) llm.processes.back().process.cpu_time += scaled(d, llm_appetite);
    const double share = cpu_share >= 0 ? cpu_share : std::min(1.0, taken / cores);
    base.cpu->busy += scaled(d, share * cores);
    base.cpu->idle += scaled(d, (1 - share) * cores);
    base.swap->swapped_out = Bytes{base.swap->swapped_out->value() +
                                   static_cast<std::int64_t>(swap_out * seconds_of(d))};
  }
  double swap_out{0};    ///< bytes per second
  double cpu_share{-1};  ///< of all cores, 0 to 1; below 0: what the processes take

  /// Ticks as the policy plans them until `d` is over.
  void run(Duration d) {
    const Instant end = now + d;
    while (now < end) {
      tick();
      pass(std::min(last.period, end - now));
    }
  }

  [[nodiscard]] int count(ActionVerb verb, ActionKind kind) const {
    return static_cast<int>(std::count_if(actions.begin(), actions.end(), [&](const auto& entry) {
      return entry.second.verb == verb && entry.second.kind == kind;
    }));
  }
  [[nodiscard]] int begins() const {
    return count(ActionVerb::begin, ActionKind::background) +
           count(ActionVerb::begin, ActionKind::suspend);
  }
  [[nodiscard]] int count(EventKind kind) const {
    return static_cast<int>(std::count_if(
        reasons.begin(), reasons.end(), [&](const Reason& reason) { return reason.kind == kind; }));
  }
  [[nodiscard]] bool holds(ProcessId id, ActionKind kind) const {
    return find_hold(state, id, kind) != nullptr;
  }
  [[nodiscard]] int suspended() const {
    return static_cast<int>(
        std::count_if(state.holds.begin(), state.holds.end(),
                      [](const auto& h) { return h.kind == ActionKind::suspend; }));
  }
  [[nodiscard]] std::string why(ProcessId id) const {
    for (const auto& row : last.targets) {
      for (const auto& process : row.processes) {
        if (process.id == id) return process.why;
      }
    }
    return {};
  }
  [[nodiscard]] const RuleStatus& rule_status(const std::string& name) const {
    return *std::find_if(last.rules.begin(), last.rules.end(),
                         [&](const RuleStatus& status) { return status.name == name; });
  }
  /// Text of the last event of the kind; empty when there was none.
  [[nodiscard]] std::string said(EventKind kind) const {
    for (auto reason = reasons.rbegin(); reason != reasons.rend(); ++reason) {
      if (reason->kind == kind) return reason->text;
    }
    return {};
  }
  void forget_log() {
    actions.clear();
    reasons.clear();
    replies.clear();
  }
  RuleConfig& configured(const std::string& name) {
    return *std::find_if(config.rules.begin(), config.rules.end(),
                         [&](const RuleConfig& entry) { return entry.name == name; });
  }
  void add_outcome(Outcome outcome) { outcomes_.push_back(std::move(outcome)); }
  void add_outcome(ErrandOutcome outcome) { errand_outcomes_.push_back(std::move(outcome)); }
  void add_outcome(TierOutcome outcome) { tier_outcomes_.push_back(std::move(outcome)); }

 private:
  static Duration scaled(Duration d, double share) {
    return Duration{static_cast<std::int64_t>(static_cast<double>(d.count()) * share)};
  }

  ProcessInfo* find(ProcessId id) {
    if (const auto target = targets.find(id.pid); target != targets.end()) {
      return &target->second.sample.process;
    }
    for (auto& member : llm.processes) {
      if (member.process.id == id) return &member.process;
    }
    return nullptr;
  }

  void show(const Action& action, bool held) {
    ProcessInfo* process = find(action.process);
    if (process == nullptr) return;
    switch (action.kind) {
      case ActionKind::suspend:
      case ActionKind::pause_workload:
        process->state = held ? RunState::stopped : RunState::running;
        break;
      case ActionKind::background: process->background = held; break;
      case ActionKind::raise: process->nice = held ? action.nice : 0; break;
    }
  }

  void execute(const Action& action) {
    actions.emplace_back(now, action);
    Outcome outcome;
    outcome.verb = action.verb;
    outcome.kind = action.kind;
    outcome.process = action.process;
    outcome.target = action.target;
    outcome.record = action.record;
    outcome.reason = action.reason;
    outcome.deadline = action.deadline;
    outcome.command = action.command;
    outcome.code = find(action.process) == nullptr ? OutcomeCode::gone : answer(action);
    outcome.text = "as told";
    const bool done = outcome.code == OutcomeCode::applied || outcome.code == OutcomeCode::partial;
    if (action.verb == ActionVerb::begin && done) {
      outcome.record = ++last_record_;
      show(action, true);
    }
    if (outcome.code == OutcomeCode::undone) show(action, false);
    outcomes_.push_back(std::move(outcome));
  }

  std::vector<Command> commands_;
  std::vector<Outcome> outcomes_;
  std::vector<TierOutcome> tier_outcomes_;
  std::vector<ErrandOutcome> errand_outcomes_;
  std::uint64_t last_command_{0};
  RecordId last_record_{0};
};

/// The one reply of the last command; fails when there is none or more.
inline CommandReply reply_of(World& world) {
  REQUIRE(world.replies.size() == 1);
  const CommandReply reply = world.replies.front();
  world.replies.clear();
  return reply;
}

/// Null: none such.
inline const Action* last_action(const World& world, ActionVerb verb, ActionKind kind) {
  const Action* found = nullptr;
  for (const auto& [at, action] : world.actions) {
    if (action.verb == verb && action.kind == kind) found = &action;
  }
  return found;
}

}  // namespace m1opt::test
