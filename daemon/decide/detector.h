#pragma once

#include "decide/metrics.h"

namespace m1opt::decide {

/// One detector, one sample on. It trips when the reading was at or beyond
/// `enter` for `hold`, and clears when it was on the other side of `exit` for
/// `exit_hold`. Without a reading it trips never, and clears after `unknown_release`.
void update_detector(DetectorState& state, const DetectorConfig& config,
                     std::optional<double> value, Instant now, Duration unknown_release);

/// After a gap: what was observed before it does not count towards a hold time.
void forget_holds(DetectorState& state);

/// Is the reading of this sample at or beyond `enter`? A detector may be active
/// while it is not: then it waits to clear, and nothing new is done for it.
bool is_beyond(const DetectorState& state, const DetectorConfig& config);

/// Has the reading moved towards `exit` within the last 3 seconds, by at least a
/// tenth of its distance to `exit`? Then the last step, or the world, is already
/// helping, and the next suspension waits.
bool is_falling(const DetectorState& state, const DetectorConfig& config);

/// "swap-out 38 MB/s >= 20 MB/s for 12 s", "memory used 62 %, trips at 80 %".
std::string detector_text(const DetectorState& state, const DetectorConfig& config,
                          const Sample& sample, Instant now);

DetectorStatus detector_status(const DetectorState& state, const DetectorConfig& config,
                               const Sample& sample, Instant now);

}  // namespace m1opt::decide
