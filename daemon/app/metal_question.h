#pragma once

#include <optional>

#include "settings/tools.h"

/// How much memory Metal gives the GPU now, asked by a process of its own: the daemon stays without
/// the graphics libraries.
namespace m1opt::app {

/// `m1optd --metal`: prints bytes; exit status 1 when Metal does not tell.
int run_metal();

/// Starts that. Absent: Metal does not tell.
std::optional<base::Bytes> ask_metal(settings::Tools& tools);

}  // namespace m1opt::app
