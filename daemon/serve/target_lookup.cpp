#include "serve/target_lookup.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/nearest.h"

namespace m1opt::serve {

using wire::make_problem;
using wire::ProblemCode;

std::optional<wire::ProblemDocument> check_target_name(const Call& call, const std::string& name) {
  std::vector<std::string> known;
  for (const TargetStatus& row : call.snapshot->targets) known.push_back(row.name);
  if (std::find(known.begin(), known.end(), name) != known.end()) return std::nullopt;
  return make_problem(
      ProblemCode::not_found,
      fmt::format("There is no target \"{:.80}\"{}", name, wire::did_you_mean(name, known)),
      fmt::format("Targets: {}", fmt::join(known, ", ")));
}

const TargetStatus* find_target_of(const Snapshot& snapshot, ProcessId process) {
  for (const TargetStatus& row : snapshot.targets) {
    for (const TargetProcess& member : row.processes) {
      if (member.id == process) return &row;
    }
  }
  return nullptr;
}

std::optional<wire::ProblemDocument> check_owner(const Call& call, ProcessId process) {
  const auto owner = call.options.process_owner(process);
  if (!owner) {
    return make_problem(ProblemCode::not_found,
                        fmt::format("There is no process {} with start {}: {}", process.pid,
                                    process.start, owner.error().what),
                        "It has ended, or its number belongs to another process now");
  }
  if (*owner == call.peer.uid) return std::nullopt;
  return make_problem(ProblemCode::forbidden,
                      fmt::format("Process {} belongs to another user", process.pid),
                      "Name a target");
}

}  // namespace m1opt::serve
