#include "settings/wired_limit.h"

#include <fmt/format.h>

#include <algorithm>

namespace m1opt::settings {

namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;
constexpr std::int64_t kGiB = std::int64_t{1} << 30;
constexpr std::int64_t kLeftAtLeast = 8 * kGiB;

}  // namespace

Result<std::int64_t> wired_limit_mib(Bytes ram, std::optional<Bytes> given) {
  const std::int64_t bytes = ram.value();
  const std::int64_t most = bytes - std::max(kLeftAtLeast, bytes / 4);
  const auto refuse = [&](const std::string& why) {
    return Error{Errc::unsupported, 0,
                 fmt::format("not raised with {} GiB of RAM: {}", bytes / kGiB, why)};
  };
  if (most * 3 <= bytes * 2) {
    return refuse("8 GiB have to stay free of it, and the system gives the GPU two thirds or more by itself");
  }
  if (!given) {
    return refuse("Metal does not tell m1optd how much it gives by itself, and what is less would take memory "
                  "from the GPU");
  }
  if (given->value() >= most) {
    return refuse(fmt::format("a quarter has to stay free of it, and Metal gives {:.1f} GiB by itself, which is "
                              "as much or more",
                              static_cast<double>(given->value()) / static_cast<double>(kGiB)));
  }
  return most / kMiB;
}

}  // namespace m1opt::settings
