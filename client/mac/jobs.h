#pragma once

#include <vector>

#include "client/mac/doctor.h"

namespace m1opt::client::mac {

/// The jobs of launchd that this user can see, of the system and his own: those that slow down an
/// LLM server, those of older kinds of m1opt, and helpers that set fans.
std::vector<Finding> examine_jobs(const Machine& machine, const Expected<DecodePlist>& decode);

}  // namespace m1opt::client::mac
