#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

/// Structures of the kernel as this program reads them. Sizes and offsets are
/// those of xnu (macOS 11 to 15); raw_calls_system.cpp asserts the same
/// numbers against Apple's own headers. Both Apple architectures are 64-bit
/// little-endian, as is everything this is tested on.
namespace m1opt::platform::darwin {

/// struct vm_statistics64 (osfmk/mach/vm_statistics.h), in pages.
struct VmStatistics {
  std::uint32_t free;  ///< speculative pages included
  std::uint32_t active;
  std::uint32_t inactive;
  std::uint32_t wired;
  std::array<std::uint64_t, 9> events;  ///< faults and the like, not used
  std::uint32_t purgeable;
  std::uint32_t speculative;
  std::uint64_t decompressions;
  std::uint64_t compressions;
  std::uint64_t swapins;   ///< pages, since boot
  std::uint64_t swapouts;
  std::uint32_t compressor;  ///< pages of RAM that hold compressed ones
  std::uint32_t throttled;
  std::uint32_t external;  ///< file-backed
  std::uint32_t internal;
  std::uint64_t uncompressed_in_compressor;
};
static_assert(sizeof(VmStatistics) == 152);
static_assert(offsetof(VmStatistics, purgeable) == 88);
static_assert(offsetof(VmStatistics, swapins) == 112);
static_assert(offsetof(VmStatistics, swapouts) == 120);
static_assert(offsetof(VmStatistics, compressor) == 128);
static_assert(offsetof(VmStatistics, external) == 136);

/// struct xsw_usage (bsd/sys/sysctl.h), in bytes.
struct SwapUsage {
  std::uint64_t total;
  std::uint64_t available;
  std::uint64_t used;
  std::uint32_t page_size;
  std::int32_t encrypted;
};
static_assert(sizeof(SwapUsage) == 32);
static_assert(offsetof(SwapUsage, used) == 16);

/// struct clockinfo (bsd/sys/time.h).
struct ClockInfo {
  std::int32_t hz;
  std::int32_t tick;
  std::int32_t tick_adjustment;
  std::int32_t statistics_hz;
  std::int32_t profile_hz;
};
static_assert(sizeof(ClockInfo) == 20);

/// struct proc_bsdinfo (bsd/sys/proc_info.h).
struct BsdInfo {
  std::uint32_t flags;
  std::uint32_t status;
  std::uint32_t exit_status;
  std::uint32_t pid;
  std::uint32_t parent;
  std::uint32_t uid;
  std::uint32_t gid;
  std::uint32_t real_uid;
  std::uint32_t real_gid;
  std::uint32_t saved_uid;
  std::uint32_t saved_gid;
  std::uint32_t reserved;
  std::array<char, 16> command;
  std::array<char, 32> name;  ///< empty if no name is registered
  std::uint32_t files;
  std::uint32_t group;
  std::uint32_t job_count;
  std::uint32_t terminal;
  std::uint32_t terminal_group;
  std::int32_t nice;
  std::uint64_t start_seconds;  ///< wall clock at fork; exec does not change it
  std::uint64_t start_microseconds;
};
static_assert(sizeof(BsdInfo) == 136);
static_assert(offsetof(BsdInfo, command) == 48);
static_assert(offsetof(BsdInfo, name) == 64);
static_assert(offsetof(BsdInfo, nice) == 116);
static_assert(offsetof(BsdInfo, start_seconds) == 120);

/// struct proc_taskinfo; times in mach ticks, whatever its comments say.
struct TaskInfo {
  std::uint64_t virtual_size;
  std::uint64_t resident_size;
  std::uint64_t total_user;
  std::uint64_t total_system;
  std::uint64_t threads_user;
  std::uint64_t threads_system;
  std::array<std::int32_t, 9> counts;  ///< policy, faults, messages, system calls, switches
  std::int32_t threads;
  std::int32_t running_threads;
  std::int32_t priority;  ///< effective: 4 background, 28 suppressed, 31 normal, 31 - nice
};
static_assert(sizeof(TaskInfo) == 96);
static_assert(offsetof(TaskInfo, threads) == 84);
static_assert(offsetof(TaskInfo, priority) == 92);

/// struct proc_taskallinfo.
struct AllInfo {
  BsdInfo bsd;
  TaskInfo task;
};
static_assert(sizeof(AllInfo) == 232);
static_assert(offsetof(AllInfo, task) == 136);

/// struct proc_bsdshortinfo, which needs no privilege.
struct ShortInfo {
  std::uint32_t pid;
  std::uint32_t parent;
  std::uint32_t group;
  std::uint32_t status;
  std::array<char, 16> command;
  std::uint32_t flags;
  std::uint32_t uid;
  std::array<std::uint32_t, 6> other_ids;
};
static_assert(sizeof(ShortInfo) == 64);
static_assert(offsetof(ShortInfo, uid) == 36);

/// struct rusage_info_v6 (bsd/sys/resource.h); V4 ends after runnable_time.
/// Times in mach ticks.
struct Usage {
  std::array<std::uint8_t, 16> uuid;
  std::uint64_t user_time;
  std::uint64_t system_time;
  std::array<std::uint64_t, 3> wakeups_and_pageins;
  std::uint64_t wired_size;
  std::uint64_t resident_size;
  std::uint64_t phys_footprint;
  std::array<std::uint64_t, 26> other;
  std::uint64_t runnable_time;  ///< running or waiting for a core
  std::uint64_t flags;
  std::uint64_t performance_user_time;
  std::uint64_t performance_system_time;
  std::array<std::uint64_t, 18> rest;
};
inline constexpr std::size_t kUsageV4Bytes = 296;
inline constexpr std::size_t kUsageV6Bytes = 464;
static_assert(sizeof(Usage) == kUsageV6Bytes);
static_assert(offsetof(Usage, phys_footprint) == 72);
static_assert(offsetof(Usage, runnable_time) == kUsageV4Bytes - 8);
static_assert(offsetof(Usage, performance_user_time) == 304);

/// struct xucred (bsd/sys/ucred.h).
struct PeerCredentials {
  std::uint32_t version;  ///< 0
  std::uint32_t uid;
  std::int16_t group_count;
  std::int16_t padding;
  std::array<std::uint32_t, 16> groups;
};
static_assert(sizeof(PeerCredentials) == 76);
static_assert(offsetof(PeerCredentials, groups) == 12);

/// What AppleSMC takes and gives; no public header has it (gosmc smc.h, and the
/// offsets that work in exelban/stats and macmon).
struct SmcMessage {
  std::uint32_t key;  ///< four characters, the first in the highest byte
  std::array<std::uint8_t, 24> version_and_limits;
  std::uint32_t data_size;
  std::uint32_t data_type;
  std::uint8_t attributes;
  std::array<std::uint8_t, 3> padding;
  std::uint8_t result;  ///< 0 ok, 0x84 no such key, 0x82 bad command
  std::uint8_t status;
  std::uint8_t command;
  std::uint8_t padding2;
  std::uint32_t index;
  std::array<std::uint8_t, 32> bytes;
};
static_assert(sizeof(SmcMessage) == 80);
static_assert(offsetof(SmcMessage, data_size) == 28);
static_assert(offsetof(SmcMessage, data_type) == 32);
static_assert(offsetof(SmcMessage, result) == 40);
static_assert(offsetof(SmcMessage, command) == 42);
static_assert(offsetof(SmcMessage, index) == 44);
static_assert(offsetof(SmcMessage, bytes) == 48);

/// The structure at the beginning of `bytes`; nothing when they are too few.
template <class T>
std::optional<T> read_layout(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(T)) return std::nullopt;
  T out;
  std::memcpy(&out, bytes.data(), sizeof(T));
  return out;
}

}  // namespace m1opt::platform::darwin
