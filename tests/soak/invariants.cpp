// What holds after every tick, whatever happened before it: a sentence each.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "rig.h"
#include "sense/matching.h"

namespace m1opt::test {

using namespace std::chrono_literals;

/// What an invariant may look at.
struct AfterTick {
  explicit AfterTick(SoakRig& rig)
      : machine(rig.machine_),
        records(rig.daemon_->executor.open_records()),
        journal(rig.journal_),
        readings(rig.readings_),
        before(*rig.config_before_),
        snapshot(*rig.daemon_->board.snapshot()),
        open_before(rig.open_before_),
        waiting(rig.waiting_),
        suspensions(rig.suspensions_),
        answers(rig.answers_),
        now(rig.clock_.now()),
        late(rig.late_),
        well(rig.trouble_ticks_ >= 3 && rig.clock_.now() - rig.trouble_at_ > 2s) {
    for (const auto& [id, record] : records) {
      if (!open_before.contains(id)) fresh.push_back(&record);
    }
  }

  const SimMachine& machine;
  const std::map<RecordId, UndoRecord>& records;
  journal::UndoJournal& journal;
  const SimReadings& readings;
  const Config& before;  ///< the config that this tick was decided with
  const Snapshot& snapshot;
  const std::map<RecordId, UndoRecord>& open_before;
  const std::map<std::uint64_t, int>& waiting;
  const std::deque<Instant>& suspensions;
  const std::map<ProcessId, bool>& answers;  ///< of servers: does a request run?
  Instant now;
  Duration late;
  bool well;  ///< no call has failed for some ticks, and for longer than until it is tried again
  std::vector<const UndoRecord*> fresh;
};

namespace {

bool concerns(const UndoRecord& record, const SimProcess& process) {
  return record.process == process.id ||
         std::find(process.lineage.begin(), process.lineage.end(), record.process) !=
             process.lineage.end();
}

std::string changes_are_named(const AfterTick& after) {
  for (const auto& [pid, process] : after.machine.processes) {
    std::string changed = process.stopped.as_before() ? "" : " stopped";
    for (const SimThread& thread : process.threads) {
      for (std::size_t i = 0; i < thread.values.size(); ++i) {
        if (thread.values[i].as_before()) continue;
        changed += fmt::format(" thread {}: {} is {}, not {};", thread.id.pid,
                               boost::describe::enum_to_string(kThreadAttributes[i], "?"),
                               thread.values[i].now, thread.values[i].own);
      }
    }
    if (changed.empty()) continue;
    const bool named = std::any_of(after.records.begin(), after.records.end(), [&](const auto& entry) {
      return concerns(entry.second, process);
    });
    if (!named) return fmt::format("pid {} ({}):{}", pid, process.path, changed);
  }
  return {};
}

std::string stops_are_named(const AfterTick& after) {
  for (const auto& [pid, process] : after.machine.processes) {
    if (process.stopped.now == 0 || process.stopped.own != 0) continue;
    const bool named = std::any_of(after.records.begin(), after.records.end(), [&](const auto& entry) {
      return entry.second.process == process.id && is_stop(entry.second.kind);
    });
    if (!named) return fmt::format("pid {} ({})", pid, process.path);
  }
  return {};
}

std::string groups_are_named(const AfterTick& after) {
  for (const auto& [number, nice] : after.machine.groups) {
    if (nice.as_before()) continue;
    const bool named = std::any_of(after.records.begin(), after.records.end(), [&](const auto& entry) {
      const auto& changes = entry.second.changes;
      return std::any_of(changes.begin(), changes.end(), [&](const Change& change) {
        return change.subject.kind == SubjectKind::autogroup && change.subject.number == number;
      });
    });
    if (!named) return fmt::format("group {} has nice {}", number, nice.now);
  }
  return {};
}

std::string journal_is_same(const AfterTick& after) {
  const auto written = after.journal.open_records();
  if (!written) return written.error().what;
  std::set<RecordId> open;
  for (const auto& record : *written) {
    open.insert(record.id);
    const auto held = after.records.find(record.id);
    if (held == after.records.end()) return fmt::format("record {} is open in the journal alone", record.id);
    if (!(held->second == record)) return fmt::format("record {} differs", record.id);
  }
  for (const auto& [id, record] : after.records) {
    if (!open.contains(id)) return fmt::format("record {} is not in the journal", id);
  }
  return {};
}

std::string few_are_suspended(const AfterTick& after) {
  const auto suspended = std::count_if(after.records.begin(), after.records.end(), [](const auto& entry) {
    return is_stop(entry.second.kind);
  });
  const bool began = std::any_of(after.fresh.begin(), after.fresh.end(), [](const UndoRecord* record) {
    return is_stop(record->kind);
  });
  // A config with a lower limit ends nothing that is held already.
  if (!began || suspended <= after.before.limits.max_suspended) return {};
  return fmt::format("{} are", suspended);
}

std::string few_an_hour(const AfterTick& after) {
  // A config that allows less than before forbids the next one; it does not undo the last hour.
  if (after.suspensions.empty() || after.suspensions.back() != after.now) return {};
  const auto most = static_cast<std::size_t>(after.before.limits.suspensions_per_hour);
  return after.suspensions.size() <= most ? "" : fmt::format("{} were", after.suspensions.size());
}

std::string one_a_tick(const AfterTick& after) {
  const auto by_rules = std::count_if(after.fresh.begin(), after.fresh.end(), [](const UndoRecord* record) {
    return !is_for_workload(record->kind) && !record->reason.starts_with("uid ");
  });
  return by_rules <= 1 ? "" : fmt::format("{} began", by_rules);
}

std::string deadlines_are_near(const AfterTick& after) {
  for (const UndoRecord* record : after.fresh) {
    const auto& limits = after.before.limits;
    const Duration most = record->kind == ActionKind::suspend          ? limits.max_suspend
                          : record->kind == ActionKind::pause_workload ? limits.max_break
                                                                       : limits.renewal;
    if (record->deadline - after.now > most) return fmt::format("record {}", record->id);
  }
  return {};
}

std::string deadlines_are_kept(const AfterTick& after) {
  for (const auto& [id, record] : after.records) {
    if (after.well && after.now - record.deadline > 1s) return fmt::format("record {} is open", id);
  }
  for (const auto& [id, record] : after.open_before) {
    if (!after.well || after.records.contains(id)) continue;
    const Duration over = after.now - record.deadline;
    if (over > after.late + 1s) return fmt::format("record {} was closed {:.3f} s after it", id, seconds_of(over));
  }
  return {};
}

std::string only_targets(const AfterTick& after) {
  for (const UndoRecord* record : after.fresh) {
    if (is_for_workload(record->kind)) continue;
    const auto row = std::find_if(after.before.targets.begin(), after.before.targets.end(),
                                  [&](const TargetConfig& each) { return each.name == record->target; });
    if (row == after.before.targets.end()) return record->target + " is no row";
    if (!sense::matches_any_executable(row->executables, record->executable)) {
      return record->executable + " is no " + record->target;
    }
    if (record->kind == ActionKind::suspend && row->mode == TargetMode::background) {
      return record->target + " may be put into the background only";
    }
  }
  return {};
}

std::string never_protected(const AfterTick& after) {
  for (const UndoRecord* record : after.fresh) {
    if (is_for_workload(record->kind)) continue;
    // By name here: the list itself may be what is broken.
    for (const char* path : {"/usr/sbin/sshd", "/usr/bin/bash", "/usr/lib/systemd/systemd"}) {
      if (record->executable == path) return record->executable;
    }
    for (const auto& workload : after.snapshot.status.workloads) {
      for (const auto& member : workload.processes) {
        if (member.id == record->process) return fmt::format("{} is part of {}", member.id.pid, workload.name);
      }
    }
  }
  return {};
}

/// A rest is for a runner that is idle, says its server, and that nothing else is done to.
std::string rests_are_for_idle_runners(const AfterTick& after) {
  for (const UndoRecord* record : after.fresh) {
    if (record->kind != ActionKind::pause_workload) continue;
    const auto answer = after.answers.find(record->process);
    if (answer == after.answers.end() || answer->second) {
      return fmt::format("pid {} was not said to be idle", record->process.pid);
    }
    for (const auto& [id, other] : after.records) {
      if (id != record->id && other.process == record->process) {
        return fmt::format("record {} is of the same process", id);
      }
    }
  }
  return {};
}

std::string still_its_program(const AfterTick& after) {
  for (const UndoRecord* record : after.fresh) {
    const auto found = after.machine.processes.find(record->process.pid);
    if (!after.well || found == after.machine.processes.end()) continue;
    if (found->second.id == record->process && found->second.path != record->executable) {
      return fmt::format("{} runs {}", record->process.pid, found->second.path);
    }
  }
  return {};
}

std::string identified_last(const AfterTick& after) {
  const auto when = [](const std::map<std::int32_t, long>& times, std::int32_t pid) {
    const auto found = times.find(pid);
    return found == times.end() ? 0L : found->second;
  };
  if (after.machine.failed_writes > 0) return {};  // half done and undone again
  for (const UndoRecord* record : after.fresh) {
    const auto pid = record->process.pid;
    if (when(after.machine.identified_at, pid) <= when(after.machine.changed_at, pid)) {
      return fmt::format("pid {}", pid);
    }
  }
  return {};
}

std::string pause_holds_nothing(const AfterTick& after) {
  if (after.snapshot.status.mode != Mode::paused || !after.well || after.records.empty()) return {};
  return fmt::format("{} records are open", after.records.size());
}

std::string safe_mode_begins_nothing(const AfterTick& after) {
  return after.snapshot.status.mode == Mode::safe && !after.fresh.empty() ? "it did" : "";
}

/// Did the sensor behind this metric say nothing in this tick, whatever the rule made of it?
bool is_lost(const AfterTick& after, const std::string& metric) {
  using Fault = SimReadings::Fault;
  for (const auto& [sensor, fault] : after.readings.faults) {
    if ((fault == Fault::missing || fault == Fault::throws) && metric.starts_with(sensor)) return true;
  }
  return false;
}

std::string unknown_starts_nothing(const AfterTick& after) {
  for (const UndoRecord* record : after.fresh) {
    const std::string name = record->reason.substr(0, record->reason.find(": "));
    const auto& rules = after.snapshot.rules;
    const auto rule = std::find_if(rules.begin(), rules.end(),
                                   [&](const RuleStatus& each) { return each.name == name; });
    if (rule == rules.end()) continue;
    const bool known = std::any_of(rule->any.begin(), rule->any.end(), [&](const auto& group) {
      return std::all_of(group.begin(), group.end(), [&](const DetectorStatus& each) {
        return each.active && each.value.has_value() && !is_lost(after, each.metric);
      });
    });
    if (!known) return record->reason;
  }
  return {};
}

std::string foreign_stops_stay(const AfterTick& after) {
  if (!after.machine.faults.empty()) return after.machine.faults.front();
  for (const auto& [pid, process] : after.machine.processes) {
    if (process.stopped.own != 0 && process.stopped.now == 0) return fmt::format("{} runs", pid);
  }
  return {};
}

std::string commands_are_answered(const AfterTick& after) {
  for (const auto& [id, ticks] : after.waiting) {
    if (ticks > 5) return fmt::format("command {}", id);
  }
  return {};
}

std::string looks_again_in_time(const AfterTick& after) {
  const Duration period = after.snapshot.status.self.period;
  const Duration longest = std::max(after.before.sampling.idle_period, after.before.sampling.busy_period);
  if (period <= 0s || period > longest) return fmt::format("in {:.3f} s", seconds_of(period));
  for (const auto& [id, record] : after.records) {
    if (after.well && after.now + period > record.deadline + 1s) return fmt::format("record {} is due", id);
  }
  return {};
}

struct Invariant {
  const char* sentence;
  std::string (*breach)(const AfterTick& after);  ///< empty: it holds
};

constexpr std::array kInvariants{
    Invariant{"whatever is changed on a process or thread is named by an open record, and all else is as before",
              changes_are_named},
    Invariant{"nobody is stopped by m1opt but by an open record of just that process", stops_are_named},
    Invariant{"whatever is changed on a session group is named by an open record", groups_are_named},
    Invariant{"the open records are those of the journal, word for word", journal_is_same},
    Invariant{"nothing is suspended beyond limits.max_suspended", few_are_suspended},
    Invariant{"at most limits.suspensions_per_hour are suspended in an hour", few_an_hour},
    Invariant{"rules begin at most one hold on a target in a tick", one_a_tick},
    Invariant{"every hold has a deadline, no further away than the config allows", deadlines_are_near},
    Invariant{"nobody is held past his deadline by more than a tick and a second", deadlines_are_kept},
    Invariant{"only what the config names is put into the background or suspended, and no further than it allows",
              only_targets},
    Invariant{"a rest is for an idle runner that is not held otherwise", rests_are_for_idle_runners},
    Invariant{"neither the protected list nor a workload's own tree is ever slowed", never_protected},
    Invariant{"what is held runs the program that it was held for", still_its_program},
    Invariant{"after the last change that begins a hold its program is looked at once more", identified_last},
    Invariant{"while paused nothing is held", pause_holds_nothing},
    Invariant{"in safe mode nothing begins", safe_mode_begins_nothing},
    Invariant{"an unknown reading starts nothing", unknown_starts_nothing},
    Invariant{"what somebody else stopped stays stopped", foreign_stops_stay},
    Invariant{"every command is answered", commands_are_answered},
    Invariant{"the next look is planned before the next deadline and within the idle period", looks_again_in_time},
};

}  // namespace

std::string find_broken(SoakRig& rig) {
  const AfterTick after(rig);
  for (const Invariant& invariant : kInvariants) {
    if (const std::string breach = invariant.breach(after); !breach.empty()) {
      return fmt::format("broken: {}: {}", invariant.sentence, breach);
    }
  }
  return {};
}

}  // namespace m1opt::test
