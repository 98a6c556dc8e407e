#include <fmt/format.h>

#include "serve/routes.h"
#include "serve/target_lookup.h"
#include "wire/encode.h"
#include "wire/requests.h"

namespace m1opt::serve {

namespace {

const TargetStatus& row_named(const Snapshot& snapshot, const std::string& name) {
  for (const TargetStatus& row : snapshot.targets) {
    if (row.name == name) return row;
  }
  throw std::logic_error("the target's name was checked before");
}

std::optional<wire::ProblemDocument> check_mode(const TargetStatus& row) {
  if (row.mode == TargetMode::suspend) return std::nullopt;
  return wire::make_problem(wire::ProblemCode::refused,
                            fmt::format("{} may only be put in the background", row.name),
                            "Its row of the targets table has \"mode\": \"background\"");
}

/// Why nothing would be stopped now, whatever is named.
std::string find_standstill(const StatusDocument& status) {
  if (status.pause.active) return "m1opt is paused; run m1optctl unpause first";
  if (status.mode == Mode::observing) return "the config has observe_only";
  if (status.safe_mode.active) return "safe mode: " + status.safe_mode.why;
  return {};
}

/// What the command would stop: all of the row, or its one process.
void add_changes(const TargetStatus& row, const std::optional<ProcessId>& only,
                 std::vector<wire::CommandChange>& changes) {
  for (const TargetProcess& process : row.processes) {
    if ((only && process.id != *only) || process.state == RunState::stopped) continue;
    changes.push_back({fmt::format("{} pid {}", row.name, process.id.pid),
                       wire::enum_word(process.state), "stopped"});
  }
}

}  // namespace

PrepareResult prepare_suspend(const Call& call) {
  auto command = wire::suspend_command(call.body);
  if (!command) return command.error();
  Prepared prepared;
  const TargetStatus* row = nullptr;
  if (command->process) {
    row = find_target_of(*call.snapshot, *command->process);
    if (row != nullptr) {
      command->target = row->name;
    } else if (const auto problem = check_owner(call, *command->process)) {
      return *problem;
    }
  } else {
    if (const auto problem = check_target_name(call, command->target)) return *problem;
    row = &row_named(*call.snapshot, command->target);
  }
  if (row != nullptr) {
    if (const auto problem = check_mode(*row)) return *problem;
    add_changes(*row, command->process, prepared.changes);
  }
  if (const std::string why = find_standstill(call.snapshot->status); !why.empty()) {
    prepared.changes.clear();
    prepared.would = "would be refused: " + why;
  } else if (row != nullptr) {
    prepared.would = fmt::format("would suspend {} processes for {} s", prepared.changes.size(),
                                 seconds_of(command->duration));
  } else {
    // The next sample may find one that has just begun.
    prepared.would = fmt::format("would be refused: pid {} matches no row of the targets table",
                                 command->process->pid);
  }
  prepared.body = *command;
  return prepared;
}

}  // namespace m1opt::serve
