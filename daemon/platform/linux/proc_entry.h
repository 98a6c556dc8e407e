#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

/// The few facts of /proc that acting on a process needs, read afresh each time.
namespace m1opt::platform {

using namespace m1opt::base;

struct ProcEntry {
  char state{'?'};          ///< R S D T t Z X I
  std::int32_t parent{0};
  std::uint64_t start{0};   ///< field 22 without boot_clock_offset_ticks(): the start token
  std::int32_t session{0};

  /// Dead and not yet waited for: runs nothing, holds nothing.
  [[nodiscard]] bool ended() const { return state == 'Z' || state == 'X'; }
};

/// `directory` is /proc/PID or /proc/PID/task/TID.
Result<ProcEntry> read_proc_entry(const std::string& directory);

/// The numeric names in a directory (/proc, /proc/PID/task), ascending.
Result<std::vector<std::int32_t>> list_numbers(const std::string& directory);

/// The process that a thread belongs to, by the thread's number alone.
Result<std::int32_t> thread_group(std::int32_t tid);

/// Is a SIGSTOP waiting for the process or its main thread (/proc/PID/status)?
Result<bool> stop_pending(std::int32_t pid);

/// Does a debugger or strace trace its main thread (/proc/PID/status)?
Result<bool> is_traced(std::int32_t pid);

/// Does this process hold the capability (CAP_* number) effectively now?
bool has_capability(int capability);

}  // namespace m1opt::platform
