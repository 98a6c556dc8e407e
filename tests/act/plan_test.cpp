#include "act/plan.h"

#include <map>
#include <set>

#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::base;
using namespace m1opt::model;

namespace {

/// One process alone in a group of which only the values are known.
class OneGroup final : public platform::ProcessControl {
 public:
  OneGroup(SubjectKind kind, std::map<Attribute, std::int64_t> values)
      : kind_(kind), values_(std::move(values)) {}

  Result<std::string> identify(ProcessId) override { return none(); }
  std::uint64_t start_token_now() override { return 0; }
  std::optional<SubjectKind> holder(Attribute attribute) override {
    const bool known = attribute == Attribute::autogroup_nice || attribute == Attribute::cgroup_weight ||
                       attribute == Attribute::cgroup_idle;
    return known ? std::optional(kind_) : std::nullopt;
  }
  Result<std::vector<ProcessId>> threads(ProcessId) override { return none(); }
  Result<Subject> autogroup(ProcessId process) override { return subject(SubjectKind::autogroup, process); }
  Result<std::vector<std::int32_t>> autogroup_members(const Subject&) override { return kMembers; }
  Result<Subject> cgroup(ProcessId process) override { return subject(SubjectKind::cgroup, process); }
  Result<std::vector<std::int32_t>> cgroup_members(const Subject&) override { return kMembers; }
  Result<std::int64_t> read(Attribute attribute, const Subject&) override {
    const auto found = values_.find(attribute);
    if (found == values_.end()) return none();
    return found->second;
  }
  Result<void> write(Attribute, const Subject&, std::int64_t) override { return none(); }
  Result<void> may_undo(const Change&) override { return none(); }

 private:
  static Error none() { return {Errc::unsupported, 0, "none"}; }
  Result<Subject> subject(SubjectKind kind, ProcessId process) const {
    if (kind != kind_) return none();
    return Subject{kind, process, {}, process.pid < 20 ? 7 : 8, {}};
  }

  inline static const std::vector<std::int32_t> kMembers{10};
  SubjectKind kind_;
  std::map<Attribute, std::int64_t> values_;
};

std::vector<Change> planned(OneGroup control, act::GroupWish wish) {
  static const std::set<std::int32_t> kCompanions{10};
  act::Plan plan;
  act::plan_group(plan, {control, kCompanions, -10}, {10, 1}, wish);
  CHECK(plan.notes.empty());
  return plan.changes;
}

}  // namespace

TEST_CASE("a group that has more already than a raise would give it is left as found") {
  const auto raised = act::GroupWish::raised;
  CHECK(planned({SubjectKind::autogroup, {{Attribute::autogroup_nice, -15}}}, raised).empty());
  CHECK(planned({SubjectKind::cgroup, {{Attribute::cgroup_weight, 5000}}}, raised).empty());
  const auto nice = planned({SubjectKind::autogroup, {{Attribute::autogroup_nice, 0}}}, raised);
  REQUIRE(nice.size() == 1);
  CHECK(nice[0].set == -10);
  const auto weight = planned({SubjectKind::cgroup, {{Attribute::cgroup_weight, 100}}}, raised);
  REQUIRE(weight.size() == 1);
  CHECK(weight[0].set == 1000);
}

TEST_CASE("a cgroup is made idle only where that can be undone: the kernel forgets another weight") {
  const auto lowest = act::GroupWish::lowest;
  for (const std::int64_t weight : {20, 100, 500}) {
    const auto changes = planned(
        {SubjectKind::cgroup, {{Attribute::cgroup_weight, weight}, {Attribute::cgroup_idle, 0}}}, lowest);
    REQUIRE(changes.size() == 1);
    const bool usual = weight == 100;
    CHECK(changes[0].attribute == (usual ? Attribute::cgroup_idle : Attribute::cgroup_weight));
    CHECK(changes[0].before == (usual ? 0 : weight));
    CHECK(changes[0].set == 1);
  }
  // Idle already: its weight is no weight.
  CHECK(planned({SubjectKind::cgroup, {{Attribute::cgroup_weight, 1}, {Attribute::cgroup_idle, 1}}}, lowest)
            .empty());
}

TEST_CASE("a process is in its own group, session or cgroup, and in no other") {
  for (const auto kind : {SubjectKind::autogroup, SubjectKind::cgroup}) {
    OneGroup control(kind, {});
    const Subject group{kind, {10, 1}, {}, 7, {}};
    CHECK(act::is_in_group(control, {11, 1}, group));
    CHECK_FALSE(act::is_in_group(control, {20, 1}, group));
  }
  OneGroup control(SubjectKind::cgroup, {});
  CHECK_FALSE(act::is_in_group(control, {10, 1}, {SubjectKind::process, {10, 1}, {}, 0, {}}));
}
