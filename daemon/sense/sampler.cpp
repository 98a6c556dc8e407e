#include "sense/sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <set>
#include <utility>

#include "sense/crowd.h"
#include "sense/process_tracker.h"
#include "sense/protected.h"
#include "sense/rights.h"
#include "sense/sensor_reader.h"
#include "sense/slots.h"

namespace m1opt::sense {

namespace {

constexpr int kStalePeriods = 3;
/// Bounds what a user can put into every answer by starting namesakes.
constexpr std::size_t kMostRefused = 64;
constexpr int kMostAncestors = 64;

Problem problem_of(std::string reader, const char* code, std::string text) {
  return {std::move(reader), code, std::move(text)};
}

}  // namespace

struct Sampler::Parts {
  SamplerOptions options;
  platform::ProcessTable& table;
  SensorReader sensors;
  ProcessTracker tracker;
  Rights rights;
  std::vector<Lease> leases;
  std::set<ProcessId> held_members;
  std::vector<ModelReport> reports;
  std::map<ProcessId, RunnerReport> runner_reports;
  std::optional<HardwareReport> hardware;
  std::optional<Instant> last_take;
  std::vector<std::int32_t> protected_pids;
  std::vector<std::int32_t> ancestors;  ///< of the daemon, read afresh on each tick that needs them

  Parts(SamplerOptions given, platform::ProcessTable& processes, const Clock& clock)
      : options(std::move(given)),
        table(processes),
        sensors(std::move(options.sensors), clock),
        tracker(processes, options.own_uid,
                [this](std::uint32_t uid, const WorkloadConfig* row) { return rights.is_trusted(uid, row); }),
        rights(options.own_uid, options.is_administrator, options.find_account) {}

  void add_hardware(Sample& sample, const Config& config, Instant now);
  Duration hardware_limit(const Config& config, Instant now) const;
  void read_processes(Sample& sample, const Config& config, Instant now);
  bool is_leased(const Tracked& process) const;
  void add_workloads(Sample& sample, const Config& config);
  void add_member(WorkloadSample& workload, Tracked& process, const WorkloadConfig* row);
  void add_reports(Sample& sample, const Config& config, Instant now);
  void add_slots(Sample& sample, const Config& config, Instant now);
  void add_targets(Sample& sample, const Config& config);
  void add_target(Sample& sample, const Config& config, Tracked& process);
  void read_ancestors();
  std::string workload_name(const Config& config, int workload) const;
  std::string refusal(const Config& config, Tracked& process);
  std::string watchdog_refusal(Tracked& process);
};

/// A machine that slept has not looked in between, which makes no old reading younger.
Duration Sampler::Parts::hardware_limit(const Config& config, Instant now) const {
  const Duration since = last_take ? now - *last_take : Duration{};
  return kStalePeriods * std::max(kHardwarePeriod, std::min(since, config.sampling.idle_period));
}

void Sampler::Parts::add_hardware(Sample& sample, const Config& config, Instant now) {
  const auto absent = [&](const char* code, const std::string& text) {
    for (const char* field : {"thermal.hottest", "thermal.temperatures", "thermal.fans"}) {
      sample.problems.push_back(problem_of(field, code, text));
    }
  };
  const Duration age = hardware ? now - hardware->taken : Duration{};
  if (!hardware) {
    absent(to_string(Errc::busy), "not read yet: the slow thread is asking for the first time");
  } else if (age > hardware_limit(config, now)) {
    absent("stale", fmt::format("the last reading is {:.0f} s old", seconds_of(age)));
  } else {
    const HardwareReading& reading = hardware->reading;
    sample.problems.insert(sample.problems.end(), reading.problems.begin(),
                           reading.problems.end());
    if (!sample.thermal && (!reading.temperatures.empty() || !reading.fans.empty())) {
      sample.thermal = ThermalReading{};
    }
    if (sample.thermal) {
      sample.thermal->hottest = reading.hottest;
      sample.thermal->temperatures = reading.temperatures;
      sample.thermal->fans = reading.fans;
    }
  }
  if (sample.thermal) {
    sample.thermal->sensors_age = age;
  } else {
    sample.problems.push_back(problem_of("thermal", to_string(Errc::unsupported),
                                         "no thermal level, temperature or fan can be read"));
  }
}

std::string Sampler::Parts::workload_name(const Config& config, int workload) const {
  if (workload < ProcessTracker::kFirstLease) {
    return config.workloads[static_cast<std::size_t>(workload)].name;
  }
  const auto& slots = tracker.lease_slots();
  const auto slot = static_cast<std::size_t>(workload - ProcessTracker::kFirstLease);
  if (slot >= slots.size() || !slots[slot]) return {};
  for (const auto& lease : leases) {
    if (lease.process == *slots[slot]) return lease.name;
  }
  return {};
}

void Sampler::Parts::add_member(WorkloadSample& workload, Tracked& process,
                                const WorkloadConfig* row) {
  WorkloadProcess member;
  member.process = process.info;
  member.runner = process.runner;
  member.why_not = rights.why_not_raised(process.info.uid, row);
  member.may_raise = member.why_not.empty();
  if (member.runner && member.may_raise) {
    if (!process.port) {
      const auto arguments = table.arguments(process.info.id.pid);
      process.port = arguments ? port_of(*arguments) : std::nullopt;
    }
    member.port = *process.port;
  }
  workload.processes.push_back(std::move(member));
}

/// Is it the process that a lease was asked for?
bool Sampler::Parts::is_leased(const Tracked& process) const {
  return std::any_of(leases.begin(), leases.end(),
                     [&](const Lease& lease) { return lease.process == process.info.id; });
}

void Sampler::Parts::add_workloads(Sample& sample, const Config& config) {
  for (const auto& row : config.workloads) sample.workloads.emplace_back().name = row.name;
  const auto rows = sample.workloads.size();
  for (const auto& lease : leases) {
    auto& workload = sample.workloads.emplace_back();
    workload.name = lease.name;
    workload.leased = true;
  }
  std::vector<std::vector<Tracked*>> members(sample.workloads.size());
  for (auto& [pid, process] : tracker.tracked()) {
    if (process.workload < 0) continue;
    if (process.workload < ProcessTracker::kFirstLease) {
      const auto index = static_cast<std::size_t>(process.workload);
      members[index].push_back(&process);
      if (is_leased(process)) sample.workloads[index].leased = true;
    } else {
      const auto name = workload_name(config, process.workload);
      for (auto i = rows; i < sample.workloads.size(); ++i) {
        if (sample.workloads[i].name == name) members[i].push_back(&process);
      }
    }
  }
  for (std::size_t i = 0; i < members.size(); ++i) {
    const WorkloadConfig* row = i < rows ? &config.workloads[i] : nullptr;
    sample.workloads[i].unlisted = leave_out_crowd(
        members[i],
        [&](const Tracked& process) { return is_leased(process) || held_members.contains(process.info.id); },
        [&](std::uint32_t uid) { return rights.is_trusted(uid, row); });
    for (Tracked* member : members[i]) add_member(sample.workloads[i], *member, row);
  }
  // A lease whose process has ended, or belongs to a row of the config, is none of its own.
  std::erase_if(sample.workloads,
                [](const WorkloadSample& w) { return w.leased && w.processes.empty(); });
}

void Sampler::Parts::add_reports(Sample& sample, const Config& config, Instant now) {
  for (const auto& report : reports) {
    const auto workload = std::find_if(sample.workloads.begin(), sample.workloads.end(),
                                       [&](const auto& w) { return w.name == report.workload; });
    if (workload == sample.workloads.end()) continue;
    const std::string reader = "workloads." + report.workload + ".models";
    const Duration age = now - report.taken;
    if (age > kStalePeriods * config.ollama.period) {
      sample.problems.push_back(
          problem_of(reader, "stale",
                     fmt::format("the server's last answer is {:.0f} s old", seconds_of(age))));
      continue;
    }
    workload->models = report.models;
    if (!report.models && !report.fault.empty()) {
      sample.problems.push_back(problem_of(reader, to_string(Errc::io), report.fault));
    }
  }
}

void Sampler::Parts::add_slots(Sample& sample, const Config& config, Instant now) {
  std::erase_if(runner_reports, [&](const auto& entry) {
    const auto known = tracker.tracked().find(entry.first.pid);
    return known == tracker.tracked().end() || known->second.info.id != entry.first;
  });
  for (WorkloadSample& workload : sample.workloads) {
    const std::string fault =
        add_slots_of(workload, runner_reports, kStalePeriods * config.ollama.period, now);
    if (fault.empty()) continue;
    sample.problems.push_back(problem_of("workloads." + workload.name + ".slots",
                                         to_string(Errc::unsupported), fault));
  }
}

void Sampler::Parts::read_ancestors() {
  ancestors.clear();
  std::int32_t pid = options.own_pid;
  for (int depth = 0; pid > 0 && depth < kMostAncestors; ++depth) {
    ancestors.push_back(pid);
    const auto info = table.stat(pid);
    if (!info || info->parent == pid) return;
    pid = info->parent;
  }
}

std::string Sampler::Parts::watchdog_refusal(Tracked& process) {
  if (!process.watchdog) process.watchdog = table.has_watchdog(process.info.id.pid);
  const auto& answer = *process.watchdog;
  if (answer && *answer) return "a systemd watchdog would kill it when it does not answer";
  if (answer || answer.error().code == Errc::unsupported || answer.error().code == Errc::gone)
    return {};
  return "its environment may not be read, so a systemd watchdog cannot be ruled out";
}

/// Why a process whose name matches a target is left alone; empty: it is not.
std::string Sampler::Parts::refusal(const Config& config, Tracked& process) {
  const auto pid = process.info.id.pid;
  if (process.match == TargetMatch::deleted) {
    return "its program file was deleted or replaced, so what it runs cannot be told";
  }
  if (process.match == TargetMatch::foreign) {
    return fmt::format(
        "it belongs to uid {} and is no program of the system; a name alone is not "
        "enough",
        process.info.uid);
  }
  if (process.match == TargetMatch::none) return "it runs another program now";
  if (pid == 1) return "it is the first process of the system";
  if (pid == options.own_pid) return "it is m1opt itself";
  if (std::find(protected_pids.begin(), protected_pids.end(), pid) != protected_pids.end()) {
    return "it is part of m1opt";
  }
  if (std::find(ancestors.begin(), ancestors.end(), pid) != ancestors.end()) {
    return "m1opt was started from it";
  }
  if (process.workload >= 0) {
    return "it belongs to the workload " + workload_name(config, process.workload);
  }
  if (const auto why = protected_program(process.info.executable)) {
    return "it is on the protected list: " + std::string(*why);
  }
  return watchdog_refusal(process);
}

void Sampler::Parts::add_target(Sample& sample, const Config& config, Tracked& process) {
  const TargetConfig* row =
      process.target < 0 ? nullptr : &config.targets[static_cast<std::size_t>(process.target)];
  const std::string name = process.held && !process.last_target.empty() ? process.last_target
                           : row != nullptr                             ? row->name
                                                                        : std::string{};
  const std::string why = refusal(config, process);
  if (!why.empty() && sample.refused.size() < kMostRefused) {
    sample.refused.push_back({name, process.info.id, process.info.name, why});
  }
  if (!why.empty() && !process.held) return;
  TargetSample target;
  target.target = name;
  target.mode = row != nullptr ? row->mode : process.last_mode;
  target.process = process.info;
  if (process.held) {
    if (const auto waited = table.waited(process.info.id)) target.waited = *waited;
  }
  sample.targets.push_back(std::move(target));
}

void Sampler::Parts::add_targets(Sample& sample, const Config& config) {
  ancestors.clear();
  for (auto& [pid, process] : tracker.tracked()) {
    if (process.target < 0 && !process.held) continue;
    if (ancestors.empty()) read_ancestors();
    // A refused hold must never fall out of the list, so those go first.
    if (process.held) add_target(sample, config, process);
  }
  for (auto& [pid, process] : tracker.tracked()) {
    if (process.target >= 0 && !process.held) add_target(sample, config, process);
  }
}

void Sampler::Parts::read_processes(Sample& sample, const Config& config, Instant now) {
  tracker.configure(config.workloads, config.targets);
  rights.begin(config.api.group, now);
  if (const auto read = tracker.update(); !read) {
    sample.problems.push_back(
        problem_of("processes", to_string(read.error().code), read.error().what));
  }
  sample.process_count = static_cast<int>(tracker.process_count());
  sample.births = tracker.births();
  add_workloads(sample, config);
  add_reports(sample, config, now);
  add_slots(sample, config, now);
  add_targets(sample, config);
}

Sampler::Sampler(SamplerOptions options, platform::ProcessTable& processes, const Clock& clock)
    : parts_(std::make_unique<Parts>(std::move(options), processes, clock)) {}
Sampler::Sampler(Sampler&&) noexcept = default;
Sampler& Sampler::operator=(Sampler&&) noexcept = default;
Sampler::~Sampler() = default;

void Sampler::set_leases(std::vector<Lease> leases) {
  std::vector<ProcessId> roots;
  for (const auto& lease : leases) roots.push_back(lease.process);
  parts_->tracker.set_leases(roots);
  parts_->leases = std::move(leases);
}

void Sampler::set_model_report(ModelReport report) {
  auto& reports = parts_->reports;
  std::erase_if(reports, [&](const ModelReport& r) { return r.workload == report.workload; });
  reports.push_back(std::move(report));
}

void Sampler::set_runner_report(RunnerReport report) {
  const ProcessId process = report.process;
  parts_->runner_reports.insert_or_assign(process, std::move(report));
}

void Sampler::set_hardware_report(HardwareReport report) { parts_->hardware = std::move(report); }

void Sampler::set_heartbeat(std::function<void()> heartbeat) {
  parts_->sensors.set_heartbeat(std::move(heartbeat));
}

void Sampler::set_held(const std::vector<ProcessId>& targets, const std::vector<ProcessId>& members) {
  parts_->tracker.set_held(targets, members);
  parts_->held_members = {members.begin(), members.end()};
}

void Sampler::set_protected_pids(std::vector<std::int32_t> pids) {
  parts_->protected_pids = std::move(pids);
}

Sample Sampler::take(const Config& config, Instant now) {
  Sample sample;
  try {
    parts_->sensors.read(sample);
    if (parts_->options.hardware_apart) parts_->add_hardware(sample, config, now);
    parts_->last_take = now;
    parts_->read_processes(sample, config, now);
  } catch (const std::exception& e) {
    sample.problems.push_back(problem_of("processes", to_string(Errc::io), e.what()));
  }
  return sample;
}

void use_system_accounts(SamplerOptions& options) {
  options.is_administrator = [](std::uint32_t uid, const std::string& group) {
    const auto gid = platform::find_group(group);
    return gid && platform::is_member(uid, *gid);
  };
  options.find_account = [](const std::string& account) -> std::optional<std::uint32_t> {
    const auto uid = platform::find_user(account);
    if (!uid) return std::nullopt;
    return *uid;
  };
}

}  // namespace m1opt::sense
