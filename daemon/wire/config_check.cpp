#include "wire/config_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "wire/nearest.h"

namespace m1opt::wire {

using namespace m1opt::model;

namespace {

/// Collects faults below one path.
class Checker {
 public:
  Checker(std::vector<Fault>& faults, std::string path) : faults_(faults), path_(std::move(path)) {}

  [[nodiscard]] Checker at(std::string_view key) const {
    std::string path = path_;
    append_key(path, key);
    return {faults_, std::move(path)};
  }
  [[nodiscard]] Checker at(std::size_t index) const {
    std::string path = path_;
    append_index(path, index);
    return {faults_, std::move(path)};
  }
  void fault(std::string text) const { faults_.push_back({path_, std::move(text), false}); }

  void positive(std::string_view key, Duration value) const {
    if (value <= Duration::zero()) at(key).fault("must be more than 0 seconds");
  }
  template <class Number>
  void between(std::string_view key, Number value, Number low, Number high) const {
    if (value < low || value > high) {
      at(key).fault(fmt::format("{} is out of range {} to {}", value, low, high));
    }
  }
  void no_empty_text(std::string_view key, const std::vector<std::string>& list) const {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i].empty()) at(key).at(i).fault("must not be empty");
    }
  }

 private:
  std::vector<Fault>& faults_;
  std::string path_;
};

template <class Row>
void check_names(const Checker& list, const std::vector<Row>& rows) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].name.empty()) {
      list.at(i).at("name").fault("must not be empty");
    } else if (!seen.insert(rows[i].name).second) {
      list.at(i).at("name").fault(fmt::format("another row is named \"{}\" already", rows[i].name));
    }
  }
}

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
      row.at("executables").fault("must name at least one executable");
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
      row.at("executables").fault("must name at least one executable");
    }
    row.no_empty_text("executables", targets[i].executables);
    if (targets[i].max_suspend) row.positive("max_suspend_s", *targets[i].max_suspend);
    if (targets[i].vanish_limit) row.between("vanish_limit", *targets[i].vanish_limit, 1, 1000);
  }
}

void check_detector(const Checker& row, const DetectorConfig& detector,
                    std::span<const KnownMetric> metrics) {
  const auto metric = std::find_if(metrics.begin(), metrics.end(), [&](const KnownMetric& each) {
    return each.name == detector.metric;
  });
  if (metric == metrics.end()) {
    std::vector<std::string> known;
    for (const KnownMetric& each : metrics) known.emplace_back(each.name);
    const std::string guess = did_you_mean(detector.metric, known);
    row.at("metric").fault(
        fmt::format("unknown metric \"{}\"{}", detector.metric,
                    guess.empty() ? fmt::format("; known are {}", fmt::join(known, ", ")) : guess));
    return;
  }
  if (metric->trips_low && detector.exit <= detector.enter) {
    row.at("exit").fault(fmt::format("{} is not above enter ({}); {} trips when it is low",
                                     detector.exit, detector.enter, detector.metric));
  }
  if (!metric->trips_low && detector.exit > detector.enter) {
    row.at("exit").fault(
        fmt::format("{} is above enter ({}); it must not be", detector.exit, detector.enter));
  }
}

void check_rules(const Checker& list, const std::vector<RuleConfig>& rules,
                 std::span<const KnownMetric> metrics) {
  check_names(list, rules);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const Checker row = list.at(i);
    if (rules[i].any.empty()) row.at("any").fault("must hold at least one group of detectors");
    if (rules[i].ladder.empty()) row.at("ladder").fault("must hold at least one step");
    for (std::size_t g = 0; g < rules[i].any.size(); ++g) {
      const Checker all = row.at("any").at(g).at("all");
      const auto& detectors = rules[i].any[g].all;
      if (detectors.empty()) all.fault("must hold at least one detector");
      for (std::size_t d = 0; d < detectors.size(); ++d) {
        check_detector(all.at(d), detectors[d], metrics);
      }
    }
  }
}

}  // namespace

std::vector<Fault> check_config(const Config& config, std::span<const KnownMetric> metrics) {
  std::vector<Fault> faults;
  const Checker root(faults, "$");
  root.at("sampling").positive("busy_period_s", config.sampling.busy_period);
  root.at("sampling").positive("idle_period_s", config.sampling.idle_period);
  check_api(root.at("api"), config.api);
  check_priority(root.at("priority"), config.priority);
  check_ollama(root.at("ollama"), config.ollama);
  check_limits(root.at("limits"), config.limits);
  check_self(root.at("self"), config.self);
  check_history(root.at("history"), config.history);
  check_workloads(root.at("workloads"), config.workloads);
  check_targets(root.at("targets"), config.targets);
  check_rules(root.at("rules"), config.rules, metrics);
  return faults;
}

}  // namespace m1opt::wire
