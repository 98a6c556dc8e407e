#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "model/reading.h"

/// Text of /proc/stat and of CPU lists.
namespace m1opt::platform {

using namespace m1opt::base;
using namespace m1opt::model;

/// The "cpu" line: all cores together. Waiting for a disk counts as idle; guest
/// time is part of user time already. `ticks_per_second` is _SC_CLK_TCK.
Result<CpuReading> parse_cpu_totals(std::string_view text, std::int64_t ticks_per_second);

/// The CPUs that "0-3,8" names, 65536 at most; `parse` when it is no such list.
Result<std::vector<int>> parse_cpu_list(std::string_view text);
/// How many CPUs "0-3,8" names; `parse` when it is no such list.
Result<int> parse_cpu_list_size(std::string_view text);

/// Performance and efficiency cores from the capacities of all CPUs
/// (cpu_capacity, 1024 = the fastest): the most capable ones are performance
/// cores, those of at most 3/4 of them efficiency cores; in between (a
/// favoured core of the same design) they count as performance cores.
/// All of one kind gives no efficiency cores.
struct CoreKinds {
  int performance{0};
  int efficiency{0};
};
CoreKinds compute_core_kinds(const std::vector<int>& capacities);

}  // namespace m1opt::platform
