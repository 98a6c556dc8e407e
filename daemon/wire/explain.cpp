#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "wire/documents.h"
#include "wire/encode.h"

namespace m1opt::wire {

namespace {

constexpr std::size_t kRelatedEvents = 20;

template <class Row>
const Row* find_named(const std::vector<Row>& rows, const std::string& name) {
  if (name.empty()) return nullptr;
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.name == name; });
  return found == rows.end() ? nullptr : &*found;
}

/// The latest that `concerns` holds for, oldest first.
template <class Concerns>
std::vector<Event> latest(const std::vector<Event>& events, Concerns concerns) {
  std::vector<Event> found;
  for (auto event = events.rbegin(); event != events.rend() && found.size() < kRelatedEvents;
       ++event) {
    if (concerns(*event)) found.push_back(*event);
  }
  std::reverse(found.begin(), found.end());
  return found;
}

template <class Concerns>
std::vector<HoldStatus> holds_where(const Snapshot& snapshot, Concerns concerns) {
  std::vector<HoldStatus> found;
  std::copy_if(snapshot.status.holds.begin(), snapshot.status.holds.end(),
               std::back_inserter(found), concerns);
  return found;
}

void add(std::vector<std::string>& lines, std::string line) {
  if (!line.empty()) lines.push_back(std::move(line));
}

/// When a rule that has tripped does anything.
std::string need_text(const RuleStatus& rule) {
  switch (rule.needs) {
    case RuleNeeds::nothing: return "whatever runs";
    case RuleNeeds::resident_or_busy:
      return "while a workload is busy, or a model is loaded and the kernel reports memory pressure";
    case RuleNeeds::busy: return "while a workload is busy";
  }
  return {};
}

bool only_reports(const RuleStatus& rule) {
  return rule.ladder == std::vector{LadderStep::report};
}

void explain_state(const RuleStatus& rule, std::vector<std::string>& lines) {
  if (!rule.enabled) {
    lines.push_back(fmt::format("{} is switched off in the configuration", rule.name));
  } else if (rule.acting && !rule.obstacle.empty()) {
    lines.push_back(fmt::format("{} is tripped, but does nothing now: {}", rule.name, rule.obstacle));
  } else if (rule.acting) {
    lines.push_back(fmt::format("{} is tripped and {}", rule.name,
                                only_reports(rule) ? "only reports" : "acts"));
  } else if (rule.tripped) {
    lines.push_back(fmt::format("{} is tripped, but what it needs is not there", rule.name));
  } else {
    lines.push_back(fmt::format("{} is not tripped", rule.name));
  }
  if (rule.enabled && rule.any.empty()) add(lines, rule.text);
  add(lines, rule.why);
}

/// Each detector with its distance: all of a group must trip, and one group is enough.
void explain_detectors(const RuleStatus& rule, std::vector<std::string>& lines) {
  for (std::size_t g = 0; g < rule.any.size(); ++g) {
    for (std::size_t d = 0; d < rule.any[g].size(); ++d) {
      const DetectorStatus& detector = rule.any[g][d];
      const char* joint = d > 0 ? "and " : g > 0 ? "or " : "";
      lines.push_back(fmt::format("{}{}; {} for {}", joint, detector.distance,
                                  detector.active ? "tripped" : "quiet",
                                  duration_text(detector.since)));
    }
  }
  if (rule.enabled && rule.needs != RuleNeeds::nothing) {
    lines.push_back(fmt::format("It {} {}; now that is {}", only_reports(rule) ? "reports" : "acts",
                                need_text(rule), rule.need_met ? "so" : "not so"));
  }
}

/// One group is enough, and of it each detector must trip.
std::string groups_text(const RuleStatus& rule) {
  std::string text;
  for (const auto& group : rule.any) {
    if (!text.empty()) text += "; or ";
    for (std::size_t d = 0; d < group.size(); ++d) text += (d > 0 ? "; and " : "") + group[d].distance;
  }
  return text;
}

/// What would have to change for anything to be done to a target that is left as it is.
void explain_what_would_act(const Snapshot& snapshot, std::vector<std::string>& lines) {
  for (const RuleStatus& rule : snapshot.rules) {
    if (!rule.enabled || rule.tripped || only_reports(rule) || rule.any.empty()) continue;
    std::string need;
    if (rule.needs != RuleNeeds::nothing) {
      need = fmt::format("; it acts {}, which is {}", need_text(rule), rule.need_met ? "so" : "not so now");
    }
    lines.push_back(fmt::format("Not by {}: {}{}", rule.name, groups_text(rule), need));
  }
}

void explain_holds(const std::vector<HoldStatus>& holds, std::vector<std::string>& lines) {
  for (const HoldStatus& hold : holds) {
    lines.push_back(fmt::format("{} pid {}: {}", hold.target, hold.process.pid, hold_text(hold)));
    if (!hold.effective) lines.push_back("That hold has no effect: its CPU share did not fall");
  }
}

}  // namespace

std::string hold_text(const HoldStatus& hold) {
  return fmt::format("{} for {}, at most {} more: {}", enum_word(hold.kind), duration_text(hold.held),
                     duration_text(std::max(hold.remaining, Duration{})), hold.reason);
}

std::optional<ExplainDocument> explain_event(const std::string& id, const Snapshot& snapshot,
                                             const std::vector<Event>& recent) {
  const auto found = std::find_if(recent.begin(), recent.end(),
                                  [&](const Event& event) { return event.id == id; });
  if (found == recent.end()) return std::nullopt;
  ExplainDocument document;
  document.kind = ExplainKind::event;
  document.subject = id;
  document.event = *found;
  add(document.lines, found->text);
  if (const auto* rule = find_named(snapshot.rules, found->rule)) {
    document.rule = *rule;
    add(document.lines, "What follows is how it stands now, not how it was then");
    explain_state(*rule, document.lines);
    explain_detectors(*rule, document.lines);
  }
  if (const auto* target = find_named(snapshot.targets, found->target)) document.target = *target;
  document.holds = holds_where(snapshot, [&](const HoldStatus& hold) {
    return (!found->target.empty() && hold.target == found->target) ||
           (found->process && hold.process == *found->process);
  });
  explain_holds(document.holds, document.lines);
  document.events = latest(recent, [&](const Event& event) {
    return event.id != id && ((!found->rule.empty() && event.rule == found->rule) ||
                              (!found->target.empty() && event.target == found->target));
  });
  return document;
}

std::optional<ExplainDocument> explain_target(const std::string& name, const Snapshot& snapshot,
                                              const std::vector<Event>& recent) {
  const auto* target = find_named(snapshot.targets, name);
  if (target == nullptr) return std::nullopt;
  ExplainDocument document;
  document.kind = ExplainKind::target;
  document.subject = name;
  document.target = *target;
  document.lines.push_back(target->processes.empty() && target->refused.empty()
                               ? fmt::format("{}: no such process runs", name)
                               : fmt::format("{}: {} matched, {} left alone; may be {}", name,
                                             target->processes.size(), target->refused.size(),
                                             target->mode == TargetMode::suspend
                                                 ? "suspended"
                                                 : "put in the background"));
  for (const TargetProcess& process : target->processes) {
    const std::string cpu = process.cpu_share ? fmt::format("{:.1f} %", process.cpu_share->value())
                                              : "not measured yet";
    document.lines.push_back(fmt::format("{} pid {} ({}, CPU {}): {}", process.name,
                                         process.id.pid, enum_word(process.state), cpu, process.why));
  }
  for (const RefusedTarget& refused : target->refused) {
    document.lines.push_back(
        fmt::format("{} pid {} is left alone: {}", refused.name, refused.id.pid, refused.why));
  }
  document.holds =
      holds_where(snapshot, [&](const HoldStatus& hold) { return hold.target == name; });
  explain_holds(document.holds, document.lines);
  if (document.holds.empty() && !target->processes.empty()) {
    explain_what_would_act(snapshot, document.lines);
  }
  document.events = latest(recent, [&](const Event& event) { return event.target == name; });
  return document;
}

std::optional<ExplainDocument> explain_rule(const std::string& name, const Snapshot& snapshot,
                                            const std::vector<Event>& recent) {
  const auto* rule = find_named(snapshot.rules, name);
  if (rule == nullptr) return std::nullopt;
  ExplainDocument document;
  document.kind = ExplainKind::rule;
  document.subject = name;
  document.rule = *rule;
  explain_state(*rule, document.lines);
  explain_detectors(*rule, document.lines);
  document.holds = holds_where(snapshot, [&](const HoldStatus& hold) { return hold.rule == name; });
  explain_holds(document.holds, document.lines);
  document.events = latest(recent, [&](const Event& event) { return event.rule == name; });
  return document;
}

}  // namespace m1opt::wire
