#include <fmt/format.h>

#include <map>

#include "act/executor.h"

namespace m1opt::act {

namespace {

std::string phrase(Attribute attribute, const Change& example, int count) {
  switch (attribute) {
    case Attribute::run_state: return "stopped";
    case Attribute::policy: return fmt::format("{} threads to SCHED_IDLE", count);
    case Attribute::nice:
      if (example.subject.kind == SubjectKind::process) return fmt::format("nice {}", example.set);
      return fmt::format("{} threads to nice {}", count, example.set);
    case Attribute::io_priority:
      return fmt::format("{} threads to {} I/O", count, example.set >> 13 == 3 ? "idle" : "first");
    case Attribute::clamp_min: return fmt::format("{} threads to full clock", count);
    case Attribute::autogroup_nice:
      return fmt::format("session group {} to nice {}", example.subject.number, example.set);
    case Attribute::cgroup_weight:
      return fmt::format("cgroup {} to weight {}", example.subject.path, example.set);
    case Attribute::cgroup_idle: return fmt::format("cgroup {} to idle", example.subject.path);
    case Attribute::darwin_background:
      return example.set == 1 ? "in background" : "out of background";
  }
  return {};
}

}  // namespace

std::string describe_changes(const std::vector<Change>& changes) {
  std::map<Attribute, std::pair<const Change*, int>> by_attribute;
  for (const Change& change : changes) {
    auto& [example, count] = by_attribute[change.attribute];
    example = &change;
    ++count;
  }
  std::string out;
  for (const auto& [attribute, found] : by_attribute) {
    if (!out.empty()) out += ", ";
    out += phrase(attribute, *found.first, found.second);
  }
  return out;
}

}  // namespace m1opt::act
