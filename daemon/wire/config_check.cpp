#include "wire/config_check.h"

#include <fmt/format.h>

#include <string>

#include "wire/checker.h"
#include "wire/profiles.h"
#include "wire/rule_check.h"

namespace m1opt::wire {

using namespace m1opt::model;

namespace {

void check_api(const Checker& api, const ApiConfig& config) {
  api.between("max_connections", config.max_connections, 1, 4096);
  api.between("max_connections_per_user", config.max_connections_per_user, 1, 4096);
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

void check_tier(const Checker& priority, std::string_view key, std::optional<int> tier) {
  if (tier && (*tier < 0 || *tier > 5)) {
    priority.at(key).fault(fmt::format(
        "{} is out of range 0 to 5: 0 is the best tier, 5 the worst, anything above 0 slows the "
        "workload down, and none can be taken back",
        *tier));
  }
}

void check_priority(const Checker& priority, const PriorityConfig& config) {
  priority.between("nice", config.nice, -20, 19);
  check_tier(priority, "throughput_tier", config.throughput_tier);
  check_tier(priority, "latency_tier", config.latency_tier);
}

void check_ollama(const Checker& ollama, const OllamaConfig& config) {
  ollama.between("port", config.port, 1, 65535);
  ollama.positive("period_s", config.period);
  if (!is_loopback(config.host)) {
    ollama.at("host").fault("must be this machine: 127.0.0.1, ::1 or localhost");
  }
}

void check_limits(const Checker& limits, const LimitsConfig& config) {
  constexpr int kMany = 1'000'000;
  limits.between("max_suspended", config.max_suspended, 0, kMany);
  limits.between("suspensions_per_hour", config.suspensions_per_hour, 0, kMany);
  limits.between("max_match", config.max_match, 0, kMany);
  limits.between("reapply", config.reapply, 0, kMany);
  limits.between("duty_percent", config.duty.value(), 0.0, 100.0);
  limits.positive("max_suspend_s", config.max_suspend);
  limits.positive("passive_s", config.passive);
  limits.positive("unknown_release_s", config.unknown_release);
  limits.positive("reapply_window_s", config.reapply_window);
  limits.positive("renewal_s", config.renewal);
  // The client of a stopped server waits as long: five minutes is what most of them bear.
  limits.between("max_break_s", seconds_of(config.max_break), 1.0, 300.0);
  limits.positive("break_interval_s", config.break_interval);
  limits.between("max_crashes", config.max_crashes, 1, kMany);
  limits.positive("crash_window_s", config.crash_window);
}

void check_self(const Checker& self, const SelfConfig& config) {
  constexpr std::int64_t kMostMemory = 1LL << 40;
  self.between("cpu_percent", config.cpu.value(), 0.0, 10'000.0);
  self.between("memory_bytes", config.memory.value(), std::int64_t{0}, kMostMemory);
  self.between("open_files", config.open_files, 0, 1'000'000);
  self.between("wakeups_per_s", config.wakeups_per_s, 0.0, 1e9);
  self.positive("lateness_s", config.lateness);
}

void check_history(const Checker& history, const HistoryConfig& config) {
  history.between("max_bytes", config.max.value(), std::int64_t{4} << 20, std::int64_t{1} << 40);
  history.positive("write_period_s", config.write_period);
}

void check_workloads(const Checker& list, const std::vector<WorkloadConfig>& workloads) {
  check_names(list, workloads);
  for (std::size_t i = 0; i < workloads.size(); ++i) {
    const Checker row = list.at(i);
    if (workloads[i].executables.empty()) {
      row.at("executables").fault("must name at least one executable" + hint_at_row(workloads, i));
    }
    row.no_empty_text("executables", workloads[i].executables);
    row.no_empty_text("arguments", workloads[i].arguments);
    row.no_empty_text("runner_executables", workloads[i].runner_executables);
    row.no_empty_text("runner_arguments", workloads[i].runner_arguments);
    row.no_empty_text("accounts", workloads[i].accounts);
  }
}

void check_targets(const Checker& list, const std::vector<TargetConfig>& targets) {
  check_names(list, targets);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const Checker row = list.at(i);
    if (targets[i].executables.empty()) {
      row.at("executables").fault("must name at least one executable" + hint_at_row(targets, i));
    }
    row.no_empty_text("executables", targets[i].executables);
    if (targets[i].max_suspend) row.positive("max_suspend_s", *targets[i].max_suspend);
    if (targets[i].vanish_limit) row.between("vanish_limit", *targets[i].vanish_limit, 1, 1000);
  }
}

}  // namespace

std::vector<Fault> check_config(const Config& config, std::span<const KnownMetric> metrics) {
  std::vector<Fault> faults;
  const Checker root(faults, "$");
  if (const auto fault = find_choice_fault(config.profile)) root.at("profile").fault(*fault);
  root.at("sampling").positive("busy_period_s", config.sampling.busy_period);
  root.at("sampling").positive("idle_period_s", config.sampling.idle_period);
  check_api(root.at("api"), config.api);
  check_priority(root.at("priority"), config.priority);
  check_ollama(root.at("ollama"), config.ollama);
  check_limits(root.at("limits"), config.limits);
  check_self(root.at("self"), config.self);
  root.at("trace").between("max_bytes", config.trace.max.value(), std::int64_t{1} << 20, std::int64_t{1} << 30);
  check_history(root.at("history"), config.history);
  check_workloads(root.at("workloads"), config.workloads);
  check_targets(root.at("targets"), config.targets);
  check_rules(root.at("rules"), config.rules, config.targets, metrics);
  return faults;
}

}  // namespace m1opt::wire
