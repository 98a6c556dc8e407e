#include "settings/wired_limit.h"

#include <fmt/format.h>

#include <algorithm>

namespace m1opt::settings {

namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;
constexpr std::int64_t kGiB = std::int64_t{1} << 30;
constexpr std::int64_t kLeftAtLeast = 8 * kGiB;
/// From 64 GiB on Macs were seen to give Metal 81 to 84 % of RAM by themselves, which is more than the
/// three quarters that may be asked for here; with less, from 67 % on.
constexpr std::int64_t kGivesMoreFrom = 64 * kGiB;

}  // namespace

Result<std::int64_t> wired_limit_mib(Bytes ram) {
  const std::int64_t bytes = ram.value();
  const std::int64_t most = bytes - std::max(kLeftAtLeast, bytes / 4);
  const auto refuse = [&](const char* why) {
    return Error{Errc::unsupported, 0,
                 fmt::format("not raised with {} GiB of RAM: {}", bytes / kGiB, why)};
  };
  if (most * 3 <= bytes * 2) {
    return refuse("8 GiB have to stay free of it, and the system gives the GPU two thirds or more by itself");
  }
  if (bytes >= kGivesMoreFrom) {
    return refuse("a quarter has to stay free of it, and the system gives the GPU more than the rest by itself");
  }
  return most / kMiB;
}

}  // namespace m1opt::settings
