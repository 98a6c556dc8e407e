#include "wire/config_diff.h"

#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::model;
using namespace std::chrono_literals;

namespace {

std::string changes_text(const Config& before, const Config& after) {
  std::string text;
  for (const auto& change : wire::find_changes(before, after)) {
    text += change.name + ": " + change.old + " -> " + change.new_ + "\n";
  }
  return text;
}

RuleConfig rule(const std::string& name, double enter) {
  return {name, true, "", RuleNeeds::busy, {{{{"pressure_level", enter, 1, 5s, 30s}}}}, {LadderStep::report}};
}

}  // namespace

TEST_CASE("each key that differs is named with its values, rows by their names") {
  Config before;
  before.rules = {rule("a", 1), rule("b", 2)};
  before.targets = {{"mds", {"mds"}, TargetMode::background, {}, {}}};
  Config after = before;
  CHECK(changes_text(before, after).empty());
  after.limits.max_suspended = 2;
  after.priority.throughput_tier = 1;
  after.targets[0].executables = {"mds", "x"};
  after.rules = {rule("b", 1), rule("c", 1)};
  CHECK(changes_text(before, after) ==
        "priority.throughput_tier: null -> 1\n"
        "limits.max_suspended: 3 -> 2\n"
        "targets[mds].executables: [\"mds\"] -> [\"mds\",\"x\"]\n"
        "rules[a]: there -> not there\n"
        "rules[b].any[0].all[0].enter: 2 -> 1\n"
        "rules[c]: not there -> there\n");
}
