#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/action.h"
#include "model/undo_record.h"
#include "platform/platform.h"

namespace m1opt::act {

using namespace m1opt::base;
using namespace m1opt::model;

/// What an action would change on one process now: each change with its value
/// before. Planning again after applying yields only what is still missing
/// (threads born in between).
struct Plan {
  std::vector<Change> changes;
  std::vector<std::string> notes;  ///< steps that are not possible here, and why
};

/// Who may share a group (autogroup, cgroup) with the process for the group's
/// own value to be changed: targets with targets, a workload with itself.
struct PlanContext {
  platform::ProcessControl& control;
  const std::set<std::int32_t>& companions;
  int nice{0};  ///< for raise
};

/// Whose values of this attribute make up the process's: itself, or each of its
/// threads, as the system has it. `unsupported` where there is no such attribute.
Result<std::vector<Subject>> subjects_of(platform::ProcessControl& control, Attribute attribute,
                                         ProcessId process);

/// Adds the change when the value differs from `set` already.
void plan_change(Plan& plan, std::int64_t before, Attribute attribute, const Subject& subject,
                 std::int64_t set);

enum class GroupWish { lowest, raised };
/// The step that counts between sessions: the autogroup's nice value, or the
/// cgroup's idle flag or weight. Left out, with a note, when the group holds
/// anybody else.
void plan_group(Plan& plan, const PlanContext& context, ProcessId process, GroupWish wish);

/// Is the process in this autogroup or cgroup now? Always no for any other subject.
bool is_in_group(platform::ProcessControl& control, ProcessId process, const Subject& group);

}  // namespace m1opt::act
