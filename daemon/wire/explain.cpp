#include <fmt/format.h>

#include <algorithm>

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

void explain_state(const RuleStatus& rule, std::vector<std::string>& lines) {
  if (!rule.enabled) {
    lines.push_back(fmt::format("{} is switched off in the configuration", rule.name));
  } else if (rule.acting) {
    lines.push_back(fmt::format("{} is tripped and acts", rule.name));
  } else if (rule.tripped) {
    lines.push_back(fmt::format("{} is tripped, but what it needs is not there", rule.name));
  } else {
    lines.push_back(fmt::format("{} is not tripped", rule.name));
  }
  add(lines, rule.text);
  add(lines, rule.why);
}

void explain_detectors(const RuleStatus& rule, std::vector<std::string>& lines) {
  for (const auto& group : rule.any) {
    for (const DetectorStatus& detector : group) {
      const std::string value = detector.value ? fmt::format("{:.3g}", *detector.value) : "unknown";
      lines.push_back(fmt::format(
          "{}: {} now, enters at {:g}, leaves below {:g}, {} for {:.0f} s{}{}", detector.metric,
          value, detector.enter, detector.exit, detector.active ? "active" : "inactive",
          seconds_of(detector.since), detector.text.empty() ? "" : ": ", detector.text));
    }
  }
}

void explain_holds(const std::vector<HoldStatus>& holds, std::vector<std::string>& lines) {
  for (const HoldStatus& hold : holds) {
    lines.push_back(fmt::format("{} pid {}: {} for {:.0f} s, at most {:.0f} s more: {}",
                                hold.target, hold.process.pid, enum_word(hold.kind),
                                seconds_of(hold.held), std::max(0.0, seconds_of(hold.remaining)),
                                hold.reason));
    if (!hold.effective) lines.push_back("That hold has no effect: its CPU share did not fall");
  }
}

}  // namespace

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
    explain_state(*rule, document.lines);
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
