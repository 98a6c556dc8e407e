#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "sense/process_tracker.h"

namespace m1opt::sense {

/// So many members of a workload are taken in. A server has a few and a build under `m1optctl run` some
/// dozens, but anybody can start thousands of namesakes, and each costs time at every tick and a place in
/// every status.
inline constexpr std::size_t kMostMembers = 256;
/// Members of one user that go before all that others have beyond this number.
inline constexpr std::size_t kFirstOfUser = 32;

/// Leaves kMostMembers at the most, in the order of their pids: first those that `stays` wants, then some of
/// each user, the trusted ones' before others'. Returns how many were left out.
int leave_out_crowd(std::vector<Tracked*>& members, const std::function<bool(const Tracked&)>& stays,
                    const std::function<bool(std::uint32_t uid)>& is_trusted);

}  // namespace m1opt::sense
