// What happens by chance to the machine of the soak.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "rig.h"

namespace m1opt::test {

using namespace std::chrono_literals;

namespace {

const std::vector<std::string> kTargets{
    "/usr/libexec/tracker-miner-fs-3", "/usr/libexec/tracker-extract-3", "/usr/bin/photoanalysisd",
    "/usr/bin/mdworker_shared",        "/usr/bin/updatedb",              "/usr/bin/mds"};
const std::vector<std::string> kOthers{"/usr/sbin/sshd", "/usr/bin/bash", "/usr/lib/systemd/systemd",
                                       "/usr/bin/vim",   "/usr/bin/gcc",  "/tmp/tracker-miner-fs-3 (deleted)"};

/// All valid: what differs is what the invariants look up in the config itself.
const std::vector<std::string> kConfigs{
    R"({"limits": {"quiet_s": 20, "cooldown_s": 5, "suspensions_per_hour": 60}})",
    R"({"limits": {"quiet_s": 60, "max_suspended": 1, "max_suspend_s": 30, "suspensions_per_hour": 60}})",
    R"({"limits": {"quiet_s": 20, "cooldown_s": 1, "renewal_s": 40, "max_suspend_s": 10, "breather_s": 1,
        "duty_percent": 0, "foreign_resume_s": 5, "manual_resume_s": 5, "suspensions_per_hour": 60}})",
    R"({"limits": {"quiet_s": 5, "suspensions_per_hour": 60}, "priority": {"enabled": false}})",
    R"({"limits": {"quiet_s": 20, "suspensions_per_hour": 60}, "rules": [{"name": "contention", "enabled": false}],
        "targets": [{"name": "mdworker_shared", "executables": ["mdworker_shared"], "mode": "background"},
                    {"name": "updatedb", "executables": ["updatedb", "sshd", "bash", "/usr/lib/systemd/*"]}]})",
    R"({"limits": {"quiet_s": 60, "max_break_s": 30, "break_interval_s": 20},
        "rules": [{"name": "thermal_break", "enabled": true,
                   "any": [{"all": [{"metric": "thermal_level", "enter": 2, "exit": 2, "hold_s": 3}]}]}]})",
};

}  // namespace

std::int32_t SoakRig::any_pid() {
  // Not the daemon itself, which is the first.
  auto entry = machine_.processes.begin();
  std::advance(entry, 1 + random_() % (machine_.processes.size() - 1));
  return entry->first;
}

void SoakRig::start_something() {
  const double appetite = one_of<double>({0.0, 0.2, 1.0});
  switch (random_() % 8) {
    case 0: machine_.start(one_of(kOthers), {}, appetite); break;
    case 1: {
      const auto server = machine_.start("/usr/bin/ollama", {"ollama", "serve"}, 0.01).id.pid;
      machine_.fork(server, "/usr/bin/ollama", {"ollama", "runner", "--port", "41000"}, 1.5);
      break;
    }
    case 2: machine_.start("/usr/bin/llama-server", {"llama-server", "--port", "8080"}, 0.8); break;
    default: {
      SimProcess& target = machine_.start(one_of(kTargets), {}, appetite);
      for (auto threads = random_() % 4; threads > 0; --threads) machine_.add_thread(target);
    }
  }
}

void SoakRig::change_processes() {
  const std::int32_t pid = any_pid();
  SimProcess& process = machine_.processes.at(pid);
  const auto event = random_() % 9;
  note(fmt::format("process event {} on {} ({})", event, pid, process.path));
  switch (event) {
    case 0:
    case 1:
      if (machine_.processes.size() < 26) start_something();
      break;
    case 2:
      if (machine_.processes.size() > 8) machine_.exit(pid);
      break;
    case 3:
      if (machine_.processes.size() < 34) {
        const auto& child = machine_.fork(pid, process.path, process.arguments, process.appetite);
        note(fmt::format("{} forked {}", pid, child.id.pid));
      }
      break;
    case 4: process.path = chance(2) ? one_of(kTargets) : one_of(kOthers); break;
    case 5: {
      // The number goes to another at once, unless it names a session that somebody is left in: no
      // system gives such a one away, and by that orphans are known (act/inheritance.cpp).
      machine_.exit(pid);
      const bool free = !machine_.is_taken(pid);
      machine_.start(chance(2) ? one_of(kTargets) : one_of(kOthers), {}, 1.0,
                     free ? std::optional(pid) : std::nullopt);
      counts["numbers reused"] += free;
      break;
    }
    case 6:
      if (process.threads.size() < 8) machine_.add_thread(process);
      break;
    case 7:
      if (process.threads.size() > 1) process.threads.pop_back();
      break;
    default: process.appetite = one_of<double>({0.0, 0.2, 1.0}); break;
  }
}

void SoakRig::others_interfere() {
  SimProcess& process = machine_.processes.at(any_pid());
  auto& values = process.threads.front().values;
  counts["others interfered"]++;
  auto event = random_() % 6;
  // Where the members of one session differ, an orphan cannot be told to have been born of the one
  // or the other: then it may get the other's value back.
  const auto members = std::count_if(machine_.processes.begin(), machine_.processes.end(),
                                     [&](const auto& entry) { return entry.second.group == process.group; });
  if (members > 1) event = 3 + event % 2;
  note(fmt::format("others interfere ({}) with {}", event, process.id.pid));
  switch (event) {
    case 0: values[1].set_by_others(one_of<std::int64_t>({0, 1, 5, -3})); break;
    case 1: values[0].set_by_others(one_of<std::int64_t>({0, 3})); break;
    case 2: values[2].set_by_others(one_of<std::int64_t>({0, 4})); break;
    case 3:
      // On top of ours it cannot be told from ours (SECURITY.md).
      if (process.stopped.now == 0) process.stopped.set_by_others(1);
      break;
    default: process.stopped.set_by_others(0); break;
  }
}

void SoakRig::change_readings() {
  using Fault = SimReadings::Fault;
  switch (random_() % 6) {
    case 0:
      readings_.level = one_of<PressureLevel>({PressureLevel::normal, PressureLevel::warning,
                                               PressureLevel::critical, PressureLevel::critical});
      break;
    case 1: readings_.used = static_cast<double>(random_() % 100); break;
    case 2: readings_.swap_rate = one_of<double>({0, 0, 1e3, 60e6}); break;
    case 3: readings_.thermal = one_of<int>({0, 0, 2, 4}); break;
    case 4: readings_.busy = one_of<double>({0.1, 1.0}); break;
    default: {
      const auto& name = one_of<std::string>({"memory", "pressure", "swap", "thermal", "cpu"});
      readings_.faults[name] =
          one_of<Fault>({Fault::none, Fault::none, Fault::none, Fault::missing, Fault::broken,
                         Fault::throws});
      if (chance(10)) readings_.faults[name] = Fault::slow;
    }
  }
}

void SoakRig::ask_for(CommandBody body) {
  const auto id = ++asked_;
  waiting_[id] = 0;
  const Command command{.id = 0, .uid = 0, .administrator = !chance(4), .body = std::move(body)};
  const bool taken = daemon_->board.post(command, [this, id](const CommandReply& reply) {
    waiting_.erase(id);
    note("answered: " + reply.text);
  });
  if (!taken) waiting_.erase(id);
  counts["commands"]++;
}

void SoakRig::ask_for_something() {
  const ProcessId id = machine_.processes.at(any_pid()).id;
  const Duration time = std::chrono::seconds(random_() % 40);
  note("a command");
  switch (random_() % 9) {
    case 0: ask_for(PauseCommand{std::chrono::seconds(random_() % 30 + 1), false}); break;
    case 1: ask_for(UnpauseCommand{}); break;
    case 2: ask_for(ResumeCommand{true, {}, {}}); break;
    case 3: ask_for(ResumeCommand{false, {}, id}); break;
    case 4: ask_for(SuspendCommand{"tracker-miner-fs-3", {}, time}); break;
    case 5: ask_for(LeaseBeginCommand{id, fmt::format("run:{}", id.pid)}); break;
    case 6: ask_for(LeaseEndCommand{id}); break;
    case 7:
      change_config();
      ask_for(ReloadCommand{});
      break;
    default: ask_for(SuspendCommand{{}, id, time}); break;
  }
}

void SoakRig::change_config() {
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(directory_ / ("conf.d/" + name)) << text;
  };
  write("10-offline.json", R"({"ollama": {"enabled": false}})");
  const bool first = config_.config() == nullptr;
  write("20-mine.json", !first && chance(4) ? "{nonsense" : one_of(kConfigs));
  if (first && !config_.load(clock_.wall())) throw std::runtime_error("config");
}

void SoakRig::happen() {
  if (chance(3)) change_processes();
  if (chance(12)) others_interfere();
  if (chance(10)) change_readings();
  if (chance(40)) ask_for_something();
  if (chance(200)) clock_.shift_wall(one_of<Duration>({-24h, 24h, -5s, 3600s}));
  if (chance(4)) machine_.calls_until_event = static_cast<int>(random_() % 60);
  const bool failing = chance(60);
  machine_.write_fails = [this, failing] { return failing && chance(3); };
  const bool denied = chance(100);
  machine_.undo_denied = [denied] { return denied; };
  if (chance(4000)) kill_daemon();
  if (chance(3000)) {
    for (int i = 0; i < 3; ++i) kill_daemon();
  }
  if (chance(4000)) kill_guardian();
  if (chance(4000)) guardian_takes_over(false);
}

void SoakRig::happen_within_a_call() {
  trouble_ = true;
  counts["changes within a tick"]++;
  // Not the values that others set: between a reading and our change, which no system offers as one
  // step, such a change is lost. A continue loses nothing.
  if (chance(6)) {
    machine_.processes.at(any_pid()).stopped.set_by_others(0);
  } else {
    change_processes();
  }
}

}  // namespace m1opt::test
