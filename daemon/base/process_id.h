#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace m1opt::base {

/// One process, not merely its number: `start` is the system's own opaque
/// start token (Linux: clock ticks since boot, /proc/PID/stat field 22; macOS:
/// wall time in microseconds), so a reused pid is another ProcessId.
struct ProcessId {
  std::int32_t pid{0};
  std::uint64_t start{0};

  constexpr auto operator<=>(const ProcessId&) const = default;
};

}  // namespace m1opt::base

template <>
struct std::hash<m1opt::base::ProcessId> {
  std::size_t operator()(const m1opt::base::ProcessId& id) const noexcept {
    return std::hash<std::uint64_t>{}(id.start * 1000003U + static_cast<std::uint32_t>(id.pid));
  }
};
