#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "model/reading.h"

/// Text of /proc/meminfo, /proc/vmstat and zram's mm_stat, and what it means.
namespace m1opt::platform {

using namespace m1opt::base;
using namespace m1opt::model;

/// The lines of /proc/meminfo that m1opt uses; a line that is missing or not
/// understood is absent.
struct Meminfo {
  std::optional<Bytes> total;
  std::optional<Bytes> free;
  std::optional<Bytes> available;  ///< since Linux 3.14
  std::optional<Bytes> buffers;
  std::optional<Bytes> cached;
  std::optional<Bytes> shared;  ///< Shmem, counted in Cached though it cannot be dropped
  std::optional<Bytes> unevictable;
  std::optional<Bytes> slab_kept;  ///< SUnreclaim
  std::optional<Bytes> kernel_stack;
  std::optional<Bytes> page_tables;
  std::optional<Bytes> per_cpu;
  std::optional<Bytes> swap_total;
  std::optional<Bytes> swap_free;
  std::optional<Bytes> zswap;  ///< RAM that holds pages compressed by zswap, since 5.19
};

Meminfo parse_meminfo(std::string_view text);

/// Memory of the machine; `zram` is the RAM that zram devices use (empty: none).
/// `parse` when total or available is missing or makes no sense.
Result<MemoryReading> compute_memory(const Meminfo& info, std::optional<Bytes> zram);

/// Swap without its counters; `parse` when SwapTotal or SwapFree is missing.
Result<SwapReading> compute_swap(const Meminfo& info);

/// Pages swapped in and out since boot (pswpin, pswpout).
struct SwapPages {
  std::optional<std::int64_t> in;
  std::optional<std::int64_t> out;
};
SwapPages parse_vmstat(std::string_view text);

/// Third column of mm_stat: all RAM a zram device uses, its bookkeeping included.
std::optional<Bytes> parse_zram_used(std::string_view text);

}  // namespace m1opt::platform
