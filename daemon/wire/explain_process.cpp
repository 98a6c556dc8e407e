#include <fmt/format.h>

#include <algorithm>

#include "wire/documents.h"
#include "wire/encode.h"

namespace m1opt::wire {

namespace {

constexpr std::size_t kMostEvents = 20;

/// As a target; true when it is one, or was refused as one.
bool explain_as_target(const ProcessFacts& process, const Snapshot& snapshot,
                       ExplainDocument& document) {
  for (const TargetStatus& row : snapshot.targets) {
    for (const TargetProcess& member : row.processes) {
      if (member.id != process.id) continue;
      document.target = row;
      document.lines.push_back(fmt::format("It is a process of the target {}, which may be {}",
                                           row.name,
                                           row.mode == TargetMode::suspend ? "suspended"
                                                                           : "put in the background"));
      document.lines.push_back(member.why);
      document.lines.push_back(fmt::format("More: m1optctl explain {}", row.name));
      return true;
    }
    for (const RefusedTarget& refused : row.refused) {
      if (refused.id != process.id) continue;
      document.target = row;
      document.lines.push_back(fmt::format("It has the name of the target {} and is left alone: {}",
                                           row.name, refused.why));
      return true;
    }
  }
  return false;
}

bool explain_as_member(const ProcessFacts& process, const Snapshot& snapshot,
                       std::vector<std::string>& lines) {
  for (const WorkloadStatus& workload : snapshot.status.workloads) {
    for (const WorkloadMember& member : workload.processes) {
      if (member.id != process.id) continue;
      lines.push_back(fmt::format("It is part of the workload {}, which is {}: {}", workload.name,
                                  enum_word(workload.state), workload.state_source));
      lines.push_back("It is never slowed down or stopped");
      lines.push_back(member.raised ? "Its priority is raised"
                                    : "Its priority is not raised: " + member.not_raised);
      return true;
    }
  }
  return false;
}

/// A workload that has more processes than are listed; empty: none.
std::string find_crowd(const Snapshot& snapshot) {
  const auto& workloads = snapshot.status.workloads;
  const auto found = std::find_if(workloads.begin(), workloads.end(),
                                  [](const WorkloadStatus& workload) { return workload.unlisted > 0; });
  return found == workloads.end() ? std::string{} : found->name;
}

}  // namespace

ExplainDocument explain_process(const ProcessFacts& process, const Snapshot& snapshot,
                                const std::vector<Event>& recent) {
  ExplainDocument document;
  document.kind = ExplainKind::process;
  document.subject = std::to_string(process.id.pid);
  document.process = process;
  auto& lines = document.lines;
  lines.push_back(fmt::format("pid {} is {}, of uid {}", process.id.pid, process.name, process.uid));
  const bool known = explain_as_member(process, snapshot, lines) ||
                     explain_as_target(process, snapshot, document);
  if (process.id.pid == snapshot.status.pid || process.id.pid == snapshot.status.guardian.pid) {
    lines.push_back("It is m1opt itself");
  } else if (!known && !process.protection.empty()) {
    lines.push_back("It is never touched, whatever the configuration says: " + process.protection);
  } else if (const std::string crowd = known ? "" : find_crowd(snapshot); !crowd.empty()) {
    lines.push_back(fmt::format("It is not listed as part of anything, so it is never touched; of {} more "
                                "processes run than are listed", crowd));
  } else if (!known) {
    lines.push_back("It is nothing to m1opt: neither part of a workload nor of any target, so it is "
                    "never touched");
  }
  for (const HoldStatus& hold : snapshot.status.holds) {
    if (hold.process != process.id) continue;
    document.holds.push_back(hold);
    lines.push_back("Held: " + hold_text(hold));
  }
  for (auto event = recent.rbegin(); event != recent.rend() && document.events.size() < kMostEvents;
       ++event) {
    if (event->process == process.id) document.events.push_back(*event);
  }
  std::reverse(document.events.begin(), document.events.end());
  return document;
}

}  // namespace m1opt::wire
