#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/process.h"
#include "platform/darwin/layouts.h"
#include "platform/darwin/raw_calls.h"

/// One process as libproc shows it, and what its fields mean.
namespace m1opt::platform::darwin {

using namespace m1opt::base;
using namespace m1opt::model;

/// pbi_status (bsd/sys/proc.h).
inline constexpr std::uint32_t kStatusStopped = 4;
inline constexpr std::uint32_t kStatusZombie = 5;
/// pbi_flags (bsd/sys/proc_info_private.h): background that the process asked
/// for itself, and that somebody else asked for, which is what m1opt sets.
inline constexpr std::uint32_t kFlagOwnBackground = 0x8000;
inline constexpr std::uint32_t kFlagExternalBackground = 0x10000;
inline constexpr std::uint32_t kFlagAppNap = 0x800000;  // suppression is in force
/// pti_priority of a process in background (osfmk/kern/sched.h).
inline constexpr std::int32_t kBackgroundPriority = 4;
inline constexpr std::int32_t kSuppressedPriority = 28;  // the most that App Nap leaves (osfmk/kern/thread_policy.c)

/// Needs the same user or root. `gone` for a zombie, `not_permitted` for a
/// stranger's process, `parse` when the kernel's structure has another size.
Result<AllInfo> read_all_info(RawCalls& calls, std::int32_t pid);
/// Needs no privilege.
Result<ShortInfo> read_short_info(RawCalls& calls, std::int32_t pid);

/// The start token is the wall clock at fork in microseconds. The kernel never
/// changes it, so it identifies a process whatever the clock does later; only
/// "born after" is wrong across a step of the clock (start_token_now).
ProcessId id_of(const BsdInfo& info);
/// `session` is left 0: the structure does not have it.
ProcessInfo decode_process(const AllInfo& info, Timebase base);

struct UsageReading {
  Duration cpu_time{};
  /// Share of cpu_time on performance cores; absent before macOS 13's V6.
  std::optional<Duration> performance_cpu_time;
  Duration runnable_time{};  ///< running or waiting for a core
  Bytes footprint;           ///< what Activity Monitor calls memory
};

/// Asks for V6 and, where the kernel does not know it (EINVAL), V4 from then on.
class UsageReader {
 public:
  explicit UsageReader(RawCalls& calls) : calls_(calls) {}
  Result<UsageReading> read(std::int32_t pid);

 private:
  RawCalls& calls_;
  bool newest_{true};
};

/// The arguments in what KERN_PROCARGS2 gives: a count, the path, zeros, the
/// arguments, the environment, which is not looked at. At most `most_words`
/// words and `most_bytes` of them.
Result<std::vector<std::string>> decode_arguments(std::span<const std::byte> area,
                                                  std::size_t most_words, std::size_t most_bytes);

/// The environment behind them, zero-separated; `not_permitted` when the kernel leaves it out, as it
/// does for programs that may not be looked into.
Result<std::string_view> find_environment(std::span<const std::byte> area);

}  // namespace m1opt::platform::darwin
