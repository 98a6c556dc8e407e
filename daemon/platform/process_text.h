#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "model/process.h"

/// Text of /proc/PID/stat, schedstat, cmdline, environ, status, smaps_rollup.
namespace m1opt::platform {

using namespace m1opt::base;
using namespace m1opt::model;

/// What the numbers of /proc/PID/stat are counted in.
struct ProcessUnits {
  std::int64_t ticks_per_second{100};  ///< _SC_CLK_TCK
  std::int64_t page_size{4096};
};

/// Everything in a ProcessInfo but `executable` and `uid`; `name` is the
/// kernel's short name (15 bytes, for display only). The name stands between
/// the first '(' and the last ')', and may hold anything. State letters: R
/// running; S, D, I sleeping; T, t stopped; Z, X zombie; any other is sleeping.
Result<ProcessInfo> parse_process_stat(std::string_view text, const ProcessUnits& units);

/// Only the start token (field 22), for identity checks.
Result<std::uint64_t> parse_process_start(std::string_view text);

/// Second number of schedstat: nanoseconds spent waiting for a core. Zeros
/// throughout mean that the kernel does not count (no CONFIG_SCHED_INFO).
Result<Duration> parse_waited(std::string_view text);

/// Zero-separated words, at most `limit` of them; a last word without its zero
/// (cut off by a bound) is left out when `cut`.
std::vector<std::string> parse_arguments(std::string_view text, std::size_t limit, bool cut);

/// The NAME=value of an environment (zero-separated) whose name is one of these.
std::vector<std::string> pick_variables(std::string_view environment,
                                        const std::vector<std::string>& names);

/// Does this environment make systemd watch process `pid`? WATCHDOG_USEC is
/// inherited by children; WATCHDOG_PID, where set, says who is meant.
bool has_watchdog_variables(std::string_view environment, std::int32_t pid);

/// The effective uid of the "Uid:" line of /proc/PID/status.
Result<std::uint32_t> parse_status_uid(std::string_view text);

/// The "Pss:" line of smaps_rollup.
std::optional<Bytes> parse_pss(std::string_view text);

/// The "KernelPageSize:" line of smaps.
std::optional<std::int64_t> parse_page_size(std::string_view text);

/// The last number of /proc/loadavg: the pid given most recently.
std::optional<std::int32_t> parse_newest_pid(std::string_view text);

}  // namespace m1opt::platform
