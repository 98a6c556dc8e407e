#include "platform/power_text.h"

#include <algorithm>

#include "platform/text.h"

namespace m1opt::platform {

namespace {

bool is_battery(const PowerSupply& supply) {
  return supply.type == "Battery" || supply.type == "UPS";
}

/// Of the machine's own batteries: whoever has a UPS is no laptop.
std::optional<Percent> compute_charge(const std::vector<PowerSupply>& supplies) {
  double sum = 0;
  double weighted = 0;
  double weights = 0;
  int count = 0;
  int weighable = 0;
  for (const auto& supply : supplies) {
    if (!feeds_machine(supply) || supply.type != "Battery") continue;
    const auto capacity = parse_decimal(trim(supply.capacity));
    if (!capacity || !(*capacity >= 0 && *capacity <= 100)) continue;
    ++count;
    sum += *capacity;
    const auto full = parse_decimal(trim(supply.full));
    if (!full || !(*full > 0 && *full < 1e12)) continue;
    ++weighable;
    weights += *full;
    weighted += *capacity * *full;
  }
  if (count == 0) return std::nullopt;
  if (weighable == count) return Percent{weighted / weights};
  return Percent{sum / count};
}

}  // namespace

bool feeds_machine(const PowerSupply& supply) {
  return supply.scope != "Device" &&
         (is_battery(supply) || supply.type == "Mains" || supply.type.substr(0, 3) == "USB");
}

PowerReading compute_power(const std::vector<PowerSupply>& supplies) {
  PowerReading reading;
  bool online = false;
  bool offline = false;
  bool battery = false;
  bool discharging = false;
  bool charging = false;
  for (const auto& supply : supplies) {
    if (!feeds_machine(supply)) continue;
    if (is_battery(supply)) {
      battery = true;
      discharging = discharging || supply.status == "Discharging";
      charging = charging || supply.status == "Charging" || supply.status == "Full" ||
                 supply.status == "Not charging";
    } else if (const auto state = parse_number<int>(trim(supply.online))) {
      (*state > 0 ? online : offline) = true;
    }
  }
  if (online) {
    reading.on_battery = false;
  } else if (discharging) {
    reading.on_battery = true;
  } else if (charging) {
    reading.on_battery = false;
  } else if (battery && offline) {
    reading.on_battery = true;
  }
  reading.charge = compute_charge(supplies);
  return reading;
}

}  // namespace m1opt::platform
