#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/undo_record.h"

/// What competes for a CPU before single threads do: the session's autogroup
/// where processes sit in the root CPU cgroup, otherwise their cgroup v2.
/// Nice and policy of a thread count only inside such a group (sched(7), "The
/// autogroup feature"; cgroup-v2.rst, "CPU").
namespace m1opt::platform::groups {

using namespace m1opt::base;
using namespace m1opt::model;

/// `unsupported` when autogrouping is off or the process is in a CPU cgroup.
Result<Subject> find_autogroup(ProcessId process);
Result<std::vector<std::int32_t>> autogroup_members(const Subject& group);
/// Any member answers for the group, so it can be read and undone after the
/// process that named it has ended; `gone` when it has no member left.
Result<std::int64_t> read_autogroup_nice(const Subject& group);
/// Without CAP_SYS_ADMIN the kernel takes one write in 100 ms (EAGAIN); waits
/// for at most 500 ms.
Result<void> write_autogroup_nice(const Subject& group, std::int64_t nice);

Result<Subject> find_cgroup(ProcessId process);
Result<std::vector<std::int32_t>> cgroup_members(const Subject& group);
Result<std::int64_t> read_cgroup(Attribute attribute, const Subject& group);
Result<void> write_cgroup(Attribute attribute, const Subject& group, std::int64_t value);
std::string cgroup_file(Attribute attribute, const Subject& group);

/// "/autogroup-12 nice 19" -> {12, 19}.
struct AutogroupLine {
  std::int64_t number{0};
  std::int64_t nice{0};
};
Result<AutogroupLine> parse_autogroup(const std::string& text);

/// The path in the hierarchy that schedules CPU time: of the v1 `cpu` line when
/// there is one, else of the v2 line ("0::/path").
struct CpuCgroup {
  bool v2{false};
  std::string path;
};
Result<CpuCgroup> parse_cpu_cgroup(const std::string& text);

}  // namespace m1opt::platform::groups
