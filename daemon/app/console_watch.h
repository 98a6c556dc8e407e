#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "platform/platform.h"

namespace m1opt::app {

/// Notices a log-in, a log-out and a switch of users: the console belongs to another user than before.
class ConsoleWatch {
 public:
  /// Why all is let go when it changed.
  static constexpr auto kReason = "another user is at the machine, or none";
  using Owner = std::function<std::optional<std::uint32_t>()>;

  explicit ConsoleWatch(Owner owner = platform::console_owner) : owner_(std::move(owner)) {}

  /// Since the last call. An owner that cannot be read is no other owner.
  bool changed() {
    const auto owner = owner_();
    if (!owner) return false;
    const auto before = std::exchange(last_, *owner);
    return before && *before != *owner;
  }

 private:
  Owner owner_;
  std::optional<std::uint32_t> last_;
};

}  // namespace m1opt::app
