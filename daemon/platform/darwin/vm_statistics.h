#pragma once

#include "base/result.h"
#include "model/reading.h"
#include "platform/darwin/layouts.h"
#include "platform/darwin/raw_calls.h"

namespace m1opt::platform::darwin {

using namespace m1opt::base;
using namespace m1opt::model;

/// Reads host_statistics64(HOST_VM_INFO64) whatever size this kernel's
/// structure has, and remembers what it accepted.
///
/// The kernel answers programs that are not Apple's two to ten times a second
/// and gives a stale copy in between (xnu osfmk/kern/host.c): two readings that
/// are the same are no fault and say nothing.
class VmStatisticsReader {
 public:
  explicit VmStatisticsReader(RawCalls& calls) : calls_(calls) {}

  /// `unsupported` when no size is accepted, `parse` when the answer is short
  /// or all zero.
  Result<VmStatistics> read();

 private:
  RawCalls& calls_;
  std::size_t accepted_{0};  ///< index into the sizes that are tried
};

/// used = active + inactive + speculative + wired + compressor - purgeable -
/// external, as the usual tools have it; total is hw.memsize. `parse` when the
/// counts and the total contradict each other.
Result<MemoryReading> compute_memory(const VmStatistics& statistics, std::uint64_t page_size,
                                     Bytes total);

/// A power of two from 4 KiB to 64 KiB.
bool is_page_size(std::uint64_t size);

/// 1 normal, 2 warning, 4 critical (kern.memorystatus_vm_pressure_level); any
/// other value is `parse`.
Result<PressureReading> decode_pressure(std::int64_t level);

}  // namespace m1opt::platform::darwin
