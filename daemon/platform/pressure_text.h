#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "model/reading.h"

/// Text of /proc/pressure/* (Linux PSI) and the memory pressure level.
namespace m1opt::platform {

using namespace m1opt::base;
using namespace m1opt::model;

struct StallLine {
  Percent avg10;
  Duration total{};  ///< since boot
};

/// `full` is absent for the CPU on kernels before 5.13.
struct Stalls {
  StallLine some;
  std::optional<StallLine> full;
};

/// `parse` without a "some" line whose average is 0 to 100.
Result<Stalls> parse_stalls(std::string_view text);

/// Warning: some avg10 >= 10 or available < 15 %. Critical: full avg10 >= 10 or
/// available < 7 %. The worse of what is known decides, and `level_source` says
/// which. `parse` when nothing is known.
Result<PressureReading> compute_pressure(const std::optional<Stalls>& stalls,
                                         std::optional<Percent> available_share);

}  // namespace m1opt::platform
