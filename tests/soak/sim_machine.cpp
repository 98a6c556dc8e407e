#include "sim_machine.h"

#include <fmt/format.h>

#include <algorithm>

namespace m1opt::test {

namespace {

const Error kGone{Errc::gone, 0, "no such process"};
constexpr std::int64_t kPolicyIdle = 5;

std::optional<std::size_t> index_of(Attribute attribute) {
  const auto* found = std::find(kThreadAttributes.begin(), kThreadAttributes.end(), attribute);
  if (found == kThreadAttributes.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kThreadAttributes.begin());
}

}  // namespace

bool SimMachine::is_taken(std::int32_t number) const {
  if (processes.contains(number)) return true;
  return std::any_of(processes.begin(), processes.end(), [&](const auto& entry) {
    const auto& threads = entry.second.threads;
    if (entry.second.session == number) return true;
    return std::any_of(threads.begin(), threads.end(),
                       [&](const SimThread& thread) { return thread.id.pid == number; });
  });
}

std::int32_t SimMachine::free_number() {
  std::int32_t number = newest_;
  do {
    number = number + 1 < kFirstPid + kPids ? number + 1 : kFirstPid + 1;
  } while (is_taken(number));
  return number;
}

SimProcess& SimMachine::add(SimProcess process, std::optional<std::int32_t> number) {
  process.id = {number.value_or(free_number()), ++token_};
  newest_ = process.id.pid;
  process.mark = token_;
  if (process.threads.empty()) process.threads.resize(1);
  process.threads.front().id = process.id;
  if (process.group == 0) {
    process.session = process.id.pid;
    process.group = ++last_group_;
    groups[process.group] = {};
  }
  return processes[process.id.pid] = std::move(process);
}

SimProcess& SimMachine::start(const std::string& path, std::vector<std::string> arguments,
                              double appetite, std::optional<std::int32_t> number) {
  SimProcess process;
  process.path = path;
  process.arguments = std::move(arguments);
  process.appetite = appetite;
  return add(std::move(process), number);
}

SimProcess& SimMachine::fork(std::int32_t parent, const std::string& path,
                             std::vector<std::string> arguments, double appetite) {
  const SimProcess& from = processes.at(parent);
  SimProcess process;
  process.parent = parent;
  process.session = from.session;
  process.group = from.group;
  process.uid = from.uid;
  process.path = path;
  process.arguments = std::move(arguments);
  process.appetite = appetite;
  process.threads = {from.threads.front()};
  process.lineage = from.lineage;
  process.lineage.push_back(from.id);
  return add(std::move(process), std::nullopt);
}

void SimMachine::exit(std::int32_t pid) {
  const std::int64_t group = processes.at(pid).group;
  processes.erase(pid);
  bool last = true;
  for (auto& [other, process] : processes) {
    if (process.parent == pid) process.parent = 1;
    last = last && process.group != group;
  }
  if (last) groups.erase(group);
}

void SimMachine::add_thread(SimProcess& process) {
  SimThread thread = process.threads.front();
  thread.id = {free_number(), ++token_};
  newest_ = thread.id.pid;
  process.threads.push_back(std::move(thread));
}

void SimMachine::pass(Duration d) {
  for (auto& [pid, process] : processes) {
    if (process.stopped.now != 0) continue;
    const bool idle = process.threads.front().values[0].now == kPolicyIdle;
    const double share = idle ? process.appetite * 0.02 : process.appetite;
    process.cpu_time += Duration{static_cast<std::int64_t>(static_cast<double>(d.count()) * share)};
  }
}

SimProcess* SimMachine::find(std::int32_t pid) {
  const auto found = processes.find(pid);
  return found == processes.end() ? nullptr : &found->second;
}

SimProcess* SimMachine::find(ProcessId process) {
  SimProcess* found = find(process.pid);
  return found != nullptr && found->id == process ? found : nullptr;
}

Result<std::vector<std::int32_t>> SimMachine::list() {
  std::vector<std::int32_t> pids;
  for (const auto& [pid, process] : processes) pids.push_back(pid);
  return pids;
}

Result<void> SimMachine::list_range(std::int32_t first, std::int32_t last,
                                    std::vector<platform::ListedProcess>& out) {
  out.clear();
  for (auto entry = processes.lower_bound(first);
       entry != processes.end() && entry->first <= last; ++entry) {
    out.push_back({entry->first, entry->second.mark});
  }
  return {};
}

Result<ProcessInfo> SimMachine::stat(std::int32_t pid) {
  ProcessInfo info;
  if (pid < kFirstPid) {  // the guardian, which is real: the daemon looks whether it was stopped
    info.id = {pid, 1};
    info.state = RunState::sleeping;
    return info;
  }
  const SimProcess* process = find(pid);
  if (process == nullptr) return kGone;
  info.id = process->id;
  info.parent = process->parent;
  info.session = process->session;
  info.name = "short-name";
  info.state = process->stopped.now != 0 ? RunState::stopped : RunState::running;
  info.nice = static_cast<int>(process->threads.front().values[1].now);
  info.threads = static_cast<int>(process->threads.size());
  info.background = process->threads.front().values[0].now == kPolicyIdle;
  info.cpu_time = process->cpu_time;
  info.footprint = Bytes{50'000'000};
  return info;
}

Result<std::string> SimMachine::executable(std::int32_t pid) {
  const SimProcess* process = find(pid);
  if (process == nullptr) return kGone;
  return process->path;
}

Result<std::uint32_t> SimMachine::owner(std::int32_t pid) {
  const SimProcess* process = find(pid);
  if (process == nullptr) return kGone;
  return process->uid;
}

Result<std::vector<std::string>> SimMachine::arguments(std::int32_t pid) {
  const SimProcess* process = find(pid);
  if (process == nullptr) return kGone;
  return process->arguments;
}

Result<Duration> SimMachine::waited(ProcessId process) {
  if (find(process) == nullptr) return kGone;
  return Duration{};
}

void SimMachine::called() {
  ++calls_;
  if (calls_until_event < 0 || --calls_until_event >= 0) return;
  if (event) event();
}

Result<std::string> SimMachine::identify(ProcessId process) {
  called();
  identified_at[process.pid] = calls_;
  const SimProcess* found = find(process);
  if (found == nullptr) return kGone;
  return found->path;
}

std::optional<SubjectKind> SimMachine::holder(Attribute attribute) {
  if (attribute == Attribute::run_state) return SubjectKind::process;
  if (index_of(attribute)) return SubjectKind::thread;
  if (attribute == Attribute::autogroup_nice) return SubjectKind::autogroup;
  return std::nullopt;
}

Result<std::vector<ProcessId>> SimMachine::threads(ProcessId process) {
  called();
  const SimProcess* found = find(process);
  if (found == nullptr) return kGone;
  std::vector<ProcessId> ids;
  for (const SimThread& thread : found->threads) ids.push_back(thread.id);
  return ids;
}

Result<Subject> SimMachine::autogroup(ProcessId process) {
  const SimProcess* found = find(process);
  if (found == nullptr) return kGone;
  return Subject{SubjectKind::autogroup, process, {}, found->group, {}};
}

Result<std::vector<std::int32_t>> SimMachine::autogroup_members(const Subject& group) {
  std::vector<std::int32_t> pids;
  for (const auto& [pid, process] : processes) {
    if (process.group == group.number) pids.push_back(pid);
  }
  return pids;
}

SimValue* SimMachine::value_of(Attribute attribute, const Subject& subject) {
  if (attribute == Attribute::autogroup_nice) {
    const auto group = groups.find(subject.number);
    return group == groups.end() ? nullptr : &group->second;
  }
  SimProcess* process = find(subject.process);
  if (process == nullptr) return nullptr;
  if (attribute == Attribute::run_state) return &process->stopped;
  const auto index = index_of(attribute);
  if (!index) return nullptr;
  for (SimThread& thread : process->threads) {
    if (thread.id == subject.thread) return &thread.values[*index];
  }
  return nullptr;
}

Result<std::int64_t> SimMachine::read(Attribute attribute, const Subject& subject) {
  called();
  const SimValue* value = value_of(attribute, subject);
  if (value == nullptr) return kGone;
  return value->now;
}

Result<void> SimMachine::write(Attribute attribute, const Subject& subject, std::int64_t wanted) {
  called();
  changed_at[subject.process.pid] = calls_;
  SimValue* value = value_of(attribute, subject);
  if (value == nullptr) return kGone;
  if (attribute == Attribute::run_state && wanted == 0 && value->own != 0) {
    faults.push_back(fmt::format("{} was continued although somebody else had stopped it",
                                 subject.process.pid));
  }
  if (write_fails()) {
    ++failed_writes;
    return Error{Errc::io, 0, "a call that fails"};
  }
  value->now = wanted;
  return {};
}

Result<void> SimMachine::may_undo(const Change&) {
  if (undo_denied()) return Error{Errc::not_permitted, 0, "not permitted here"};
  return {};
}

}  // namespace m1opt::test
