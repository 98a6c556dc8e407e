#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "model/reading.h"

/// Text of /sys/class/power_supply.
namespace m1opt::platform {

using namespace m1opt::base;
using namespace m1opt::model;

/// One supply; texts as the kernel wrote them, without the line's end.
struct PowerSupply {
  std::string name;
  std::string type;      ///< "Battery", "Mains", "USB", "UPS", ...
  std::string scope;     ///< "Device": in a mouse or a pen; else empty or "System"
  std::string online;    ///< "0", "1", or "2" (USB-C at a programmable voltage)
  std::string status;    ///< "Charging", "Discharging", "Not charging", "Full", "Unknown"
  std::string capacity;  ///< percent
  std::string full;      ///< energy_full or charge_full: only the ratio of batteries counts
};

/// Does this supply feed the machine, so that its files are worth reading?
bool feeds_machine(const PowerSupply& supply);

/// On battery: a battery that discharges while no mains or USB supply is
/// online. A battery that says nothing of itself counts as discharging when a
/// mains supply is offline. Charge: of all batteries, weighted by their size
/// where every one tells it. Absent fields are unknown.
PowerReading compute_power(const std::vector<PowerSupply>& supplies);

}  // namespace m1opt::platform
