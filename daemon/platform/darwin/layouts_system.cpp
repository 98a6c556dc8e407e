// The numbers of layouts.h and raw_calls.h against Apple's own headers: a
// structure that moved, or a constant that was mistyped, does not compile.
#include "platform/darwin/layouts.h"

#include <libproc.h>
#include <mach/host_info.h>
#include <mach/kern_return.h>
#include <mach/mig_errors.h>
#include <mach/vm_statistics.h>
#include <sys/proc.h>
#include <sys/proc_info.h>
#include <sys/resource.h>
#include <sys/sysctl.h>
#include <sys/time.h>
#include <sys/ucred.h>

#include "platform/darwin/process_reading.h"
#include "platform/darwin/raw_calls.h"

namespace m1opt::platform::darwin {

#define M1OPT_SAME(ours, member, theirs, field) \
  static_assert(offsetof(ours, member) == offsetof(theirs, field))

// Newer kernels append fields, so theirs may be larger.
static_assert(sizeof(VmStatistics) <= sizeof(vm_statistics64));
M1OPT_SAME(VmStatistics, free, vm_statistics64, free_count);
M1OPT_SAME(VmStatistics, active, vm_statistics64, active_count);
M1OPT_SAME(VmStatistics, inactive, vm_statistics64, inactive_count);
M1OPT_SAME(VmStatistics, wired, vm_statistics64, wire_count);
M1OPT_SAME(VmStatistics, purgeable, vm_statistics64, purgeable_count);
M1OPT_SAME(VmStatistics, speculative, vm_statistics64, speculative_count);
M1OPT_SAME(VmStatistics, swapins, vm_statistics64, swapins);
M1OPT_SAME(VmStatistics, swapouts, vm_statistics64, swapouts);
M1OPT_SAME(VmStatistics, compressor, vm_statistics64, compressor_page_count);
M1OPT_SAME(VmStatistics, external, vm_statistics64, external_page_count);

static_assert(sizeof(SwapUsage) == sizeof(xsw_usage));
M1OPT_SAME(SwapUsage, total, xsw_usage, xsu_total);
M1OPT_SAME(SwapUsage, used, xsw_usage, xsu_used);

static_assert(sizeof(ClockInfo) == sizeof(clockinfo));
M1OPT_SAME(ClockInfo, hz, clockinfo, hz);

static_assert(sizeof(BsdInfo) == sizeof(proc_bsdinfo));
M1OPT_SAME(BsdInfo, flags, proc_bsdinfo, pbi_flags);
M1OPT_SAME(BsdInfo, status, proc_bsdinfo, pbi_status);
M1OPT_SAME(BsdInfo, pid, proc_bsdinfo, pbi_pid);
M1OPT_SAME(BsdInfo, parent, proc_bsdinfo, pbi_ppid);
M1OPT_SAME(BsdInfo, uid, proc_bsdinfo, pbi_uid);
M1OPT_SAME(BsdInfo, real_uid, proc_bsdinfo, pbi_ruid);
M1OPT_SAME(BsdInfo, command, proc_bsdinfo, pbi_comm);
M1OPT_SAME(BsdInfo, name, proc_bsdinfo, pbi_name);
M1OPT_SAME(BsdInfo, nice, proc_bsdinfo, pbi_nice);
M1OPT_SAME(BsdInfo, start_seconds, proc_bsdinfo, pbi_start_tvsec);
M1OPT_SAME(BsdInfo, start_microseconds, proc_bsdinfo, pbi_start_tvusec);

static_assert(sizeof(TaskInfo) == sizeof(proc_taskinfo));
M1OPT_SAME(TaskInfo, resident_size, proc_taskinfo, pti_resident_size);
M1OPT_SAME(TaskInfo, total_user, proc_taskinfo, pti_total_user);
M1OPT_SAME(TaskInfo, total_system, proc_taskinfo, pti_total_system);
M1OPT_SAME(TaskInfo, threads, proc_taskinfo, pti_threadnum);
M1OPT_SAME(TaskInfo, running_threads, proc_taskinfo, pti_numrunning);
M1OPT_SAME(TaskInfo, priority, proc_taskinfo, pti_priority);

static_assert(sizeof(AllInfo) == sizeof(proc_taskallinfo));
M1OPT_SAME(AllInfo, task, proc_taskallinfo, ptinfo);

static_assert(sizeof(ShortInfo) == sizeof(proc_bsdshortinfo));
M1OPT_SAME(ShortInfo, uid, proc_bsdshortinfo, pbsi_uid);
M1OPT_SAME(ShortInfo, status, proc_bsdshortinfo, pbsi_status);

static_assert(kUsageV4Bytes == sizeof(rusage_info_v4));
static_assert(kUsageV6Bytes == sizeof(rusage_info_v6));
M1OPT_SAME(Usage, user_time, rusage_info_v6, ri_user_time);
M1OPT_SAME(Usage, system_time, rusage_info_v6, ri_system_time);
M1OPT_SAME(Usage, phys_footprint, rusage_info_v6, ri_phys_footprint);
M1OPT_SAME(Usage, runnable_time, rusage_info_v6, ri_runnable_time);
M1OPT_SAME(Usage, runnable_time, rusage_info_v4, ri_runnable_time);
M1OPT_SAME(Usage, performance_user_time, rusage_info_v6, ri_user_ptime);
M1OPT_SAME(Usage, performance_system_time, rusage_info_v6, ri_system_ptime);

static_assert(sizeof(PeerCredentials) == sizeof(xucred));
M1OPT_SAME(PeerCredentials, uid, xucred, cr_uid);
M1OPT_SAME(PeerCredentials, group_count, xucred, cr_ngroups);
M1OPT_SAME(PeerCredentials, groups, xucred, cr_groups);

#undef M1OPT_SAME

static_assert(kKernSuccess == KERN_SUCCESS && kKernFailure == KERN_FAILURE);
static_assert(kKernInvalidArgument == KERN_INVALID_ARGUMENT);
static_assert(kMigArrayTooLarge == MIG_ARRAY_TOO_LARGE);
static_assert(kProcessAllInfo == PROC_PIDTASKALLINFO);
static_assert(kProcessShortInfo == PROC_PIDT_SHORTBSDINFO);
static_assert(kUsageV4 == RUSAGE_INFO_V4 && kUsageV6 == RUSAGE_INFO_V6);
static_assert(kPriorityProcess == PRIO_PROCESS && kPriorityDarwinProcess == PRIO_DARWIN_PROCESS);
static_assert(kDarwinBackground == PRIO_DARWIN_BG);
static_assert(kStatusStopped == SSTOP && kStatusZombie == SZOMB);

}  // namespace m1opt::platform::darwin
