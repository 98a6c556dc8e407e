#include <memory>

#include "platform/linux/polled_file.h"
#include "platform/linux/sensors.h"
#include "platform/power_text.h"
#include "platform/text.h"

namespace m1opt::platform {

namespace {

constexpr std::size_t kPowerTextSize = 128;

/// What changes is read each time, what a supply is only once.
struct SupplyFiles {
  PowerSupply supply;
  PolledFile online;
  PolledFile status;
  PolledFile capacity;
};

struct PowerFiles {
  std::vector<SupplyFiles> supplies;
  std::vector<PowerSupply> values;
  std::vector<char> buffer = std::vector<char>(kPowerTextSize);

  explicit PowerFiles(const std::string& sysroot) {
    const std::string directory = sysroot + "/sys/class/power_supply/";
    for (const auto& name : list_names(directory)) {
      const std::string base = directory + name + "/";
      PowerSupply supply;
      supply.name = name;
      supply.type = read_attribute(base + "type");
      supply.scope = read_attribute(base + "scope");
      supply.full = read_attribute(base + "energy_full");
      if (supply.full.empty()) supply.full = read_attribute(base + "charge_full");
      if (!feeds_machine(supply)) continue;
      supplies.push_back({supply, PolledFile(base + "online"), PolledFile(base + "status"),
                          PolledFile(base + "capacity")});
    }
  }

  void fill(PolledFile& file, std::string& value) {
    const auto text = file.read(buffer);
    value = text ? trim(*text) : std::string_view{};
  }

  std::vector<Problem> read(Sample& sample) {
    sample.power.reset();
    if (supplies.empty()) {
      return {problem_of("power", Errc::unsupported,
                         "no power supply of the machine is listed in /sys/class/power_supply")};
    }
    values.clear();
    bool batteries = false;
    for (auto& files : supplies) {
      const bool battery = files.supply.type == "Battery" || files.supply.type == "UPS";
      batteries = batteries || files.supply.type == "Battery";
      if (battery) {
        fill(files.status, files.supply.status);
        fill(files.capacity, files.supply.capacity);
      } else {
        fill(files.online, files.supply.online);
      }
      values.push_back(files.supply);
    }
    sample.power = compute_power(values);
    std::vector<Problem> problems;
    if (!sample.power->on_battery) {
      problems.push_back(problem_of("power.on_battery", Errc::unsupported,
                                    "no power supply says whether it is in use"));
    }
    if (!sample.power->charge) {
      problems.push_back(batteries ? problem_of("power.charge", Errc::parse,
                                                "no battery tells a capacity of 0 to 100")
                                   : problem_of("power.charge", Errc::unsupported, "no battery"));
    }
    return problems;
  }
};

}  // namespace

Sensor make_power_sensor(const std::string& sysroot) {
  auto files = std::make_shared<PowerFiles>(sysroot);
  return {"power", [files](Sample& sample) { return files->read(sample); }, true};
}

}  // namespace m1opt::platform
