#pragma once

#include <optional>

#include "base/units.h"

namespace m1opt::platform {

/// Metal's recommendedMaxWorkingSetSize of the default GPU, which follows iogpu.wired_limit_mb; absent
/// where there is no Metal, or no GPU for this process. On macOS it loads the graphics libraries for
/// good, so the daemon asks a process of its own (app/metal_question.h).
std::optional<base::Bytes> recommended_working_set();

}  // namespace m1opt::platform
