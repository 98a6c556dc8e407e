#include "decide/awake.h"

#include <fmt/format.h>

#include "decide/text.h"
#include "decide/workloads.h"

namespace m1opt::decide {
namespace {

/// Why the battery stands against it; empty when it does not.
std::string battery_obstacle(const Tick& tick) {
  const auto& power = tick.sample.power;
  if (tick.config.awake.on_battery || !power) return {};
  if (power->on_battery.value_or(false)) {
    return "the machine runs on battery (awake.on_battery is off)";
  }
  if (!power->on_battery && power->charge) {
    return fmt::format("whether the machine runs on its battery (charge {}) is unknown",
                       percent_text(power->charge->value()));
  }
  return {};
}

}  // namespace

AwakeWish wish_awake(const Tick& tick) {
  if (!tick.config.awake.enabled) return {false, "awake is off in the config"};
  if (tick.state.pause.active) return {false, "m1opt is paused"};
  if (tick.config.observe_only) return {false, kObserveOnly};
  if (tick.state.safe.active) return {false, "m1opt only observes: " + tick.state.safe.why};
  const std::string working = find_work(tick);
  if (working.empty()) {
    return {false, fmt::format("no workload was busy in the last {}",
                               duration_text(tick.config.limits.quiet))};
  }
  if (const std::string obstacle = battery_obstacle(tick); !obstacle.empty()) {
    return {false, fmt::format("{}, but {}", working, obstacle)};
  }
  return {true, working};
}

}  // namespace m1opt::decide
