#pragma once

#include <cstdint>

#include "base/result.h"

/// Raw scheduling calls on one thread, by number. Linux keeps all of these per
/// thread; children and new threads inherit them.
namespace m1opt::platform::scheduling {

using namespace m1opt::base;

inline constexpr std::int64_t kPolicyOther = 0;
inline constexpr std::int64_t kPolicyBatch = 3;
inline constexpr std::int64_t kPolicyIdle = 5;
inline constexpr std::int64_t kResetOnFork = 0x40000000;  ///< travels with the policy number

Result<std::int64_t> read_policy(std::int32_t tid);
/// Keeps the thread's nice value, as sched_setscheduler(2) does for the fair policies.
Result<void> write_policy(std::int32_t tid, std::int64_t policy);

Result<std::int64_t> read_nice(std::int32_t tid);
Result<void> write_nice(std::int32_t tid, std::int64_t nice);

/// Class in bits 13 and up, level below; 0 = none set (linux/ioprio.h).
Result<std::int64_t> read_io_priority(std::int32_t tid);
Result<void> write_io_priority(std::int32_t tid, std::int64_t value);

/// Needs CONFIG_UCLAMP_TASK; `unsupported` without it.
Result<std::int64_t> read_clamp_min(std::int32_t tid);
Result<void> write_clamp_min(std::int32_t tid, std::int64_t value);

}  // namespace m1opt::platform::scheduling
