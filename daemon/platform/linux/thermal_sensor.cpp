#include <algorithm>
#include <memory>

#include "platform/linux/polled_file.h"
#include "platform/linux/sensors.h"
#include "platform/text.h"
#include "platform/thermal_text.h"

namespace m1opt::platform {

namespace {

constexpr std::size_t kThermalTextSize = 128;
constexpr std::size_t kMostSensors = 128;
constexpr int kMostTrips = 16;

struct NamedFile {
  std::string name;
  PolledFile value;
};

struct PolicyFiles {
  std::int64_t hardware_max{0};
  PolledFile allowed;
  std::optional<PolledFile> firmware;
};

std::vector<TripPoint> read_trips(const std::string& base) {
  std::vector<TripPoint> trips;
  for (int i = 0; i < kMostTrips; ++i) {
    const std::string point = base + "trip_point_" + std::to_string(i);
    const auto type = read_attribute(point + "_type");
    if (type.empty()) break;
    if (const auto at = parse_temperature(read_attribute(point + "_temp"))) {
      trips.push_back({parse_trip_kind(type), *at});
    }
  }
  return trips;
}

/// Reading a disk's temperature is a command to the disk: it takes
/// milliseconds and keeps the disk from its deeper sleep.
bool is_disk(const std::string& chip) { return chip == "nvme" || chip == "drivetemp"; }

std::string hwmon_name_of(std::string zone) {
  std::replace(zone.begin(), zone.end(), '-', '_');
  return zone;
}

struct ThermalFiles {
  std::vector<ThermalZone> zones;
  std::vector<PolledFile> zone_files;  ///< in the order of `zones`
  std::vector<NamedFile> temperatures;
  std::vector<NamedFile> fans;
  std::vector<PolicyFiles> policies;
  std::vector<FrequencyPolicy> policy_values;
  std::vector<char> buffer = std::vector<char>(kThermalTextSize);

  explicit ThermalFiles(const std::string& sysroot) {
    find_zones(sysroot + "/sys/class/thermal/");
    const std::string directory = sysroot + "/sys/class/hwmon/";
    for (const auto& name : list_names(directory)) find_chip(directory + name + "/");
    find_policies(sysroot + "/sys/devices/system/cpu/cpufreq/");
  }

  void find_zones(const std::string& directory) {
    for (const auto& name : list_names(directory)) {
      if (name.rfind("thermal_zone", 0) != 0 || zones.size() >= kMostSensors) continue;
      const std::string base = directory + name + "/";
      auto type = read_attribute(base + "type");
      if (type.empty()) type = name;
      // This driver always says 20 C: its zone only carries policy events.
      if (type.rfind("INT3400", 0) == 0) continue;
      zones.push_back({type, std::nullopt, read_trips(base)});
      zone_files.emplace_back(base + "temp");
    }
  }

  void find_chip(const std::string& base) {
    const auto chip = read_attribute(base + "name");
    if (is_disk(chip)) return;
    // The kernel shows most thermal zones a second time as a hwmon of the same name.
    const bool is_zone = std::any_of(zones.begin(), zones.end(), [&](const ThermalZone& zone) {
      return hwmon_name_of(zone.name) == chip;
    });
    if (is_zone) return;
    for (const auto& file : list_names(base)) {
      const auto underscore = file.find("_input");
      if (underscore == std::string::npos || file.size() != underscore + 6) continue;
      const auto channel = file.substr(0, underscore);
      const bool fan = channel.rfind("fan", 0) == 0;
      if (!fan && channel.rfind("temp", 0) != 0) continue;
      const auto label = read_attribute(base + channel + "_label");
      auto& list = fan ? fans : temperatures;
      if (list.size() >= kMostSensors) continue;
      list.push_back({chip + " " + (label.empty() ? channel : label), PolledFile(base + file)});
    }
  }

  void find_policies(const std::string& directory) {
    for (const auto& name : list_names(directory)) {
      if (name.rfind("policy", 0) != 0) continue;
      const std::string base = directory + name + "/";
      const auto most = parse_frequency(read_attribute(base + "cpuinfo_max_freq"));
      if (!most) continue;
      PolicyFiles policy{*most, PolledFile(base + "scaling_max_freq"), std::nullopt};
      if (!read_attribute(base + "bios_limit").empty())
        policy.firmware.emplace(base + "bios_limit");
      policies.push_back(std::move(policy));
    }
  }

  std::optional<MilliCelsius> read_temperature(PolledFile& file) {
    const auto text = file.read(buffer);
    const auto value = text ? parse_temperature(*text) : std::nullopt;
    if (!value || !is_plausible(*value)) return std::nullopt;
    return value;
  }

  std::optional<std::int64_t> read_frequency(PolledFile& file) {
    const auto text = file.read(buffer);
    return text ? parse_frequency(*text) : std::nullopt;
  }

  void add_temperature(ThermalReading& reading, const std::string& name, MilliCelsius value) {
    reading.temperatures.push_back({name, value});
    if (is_processor_sensor(name) && (!reading.hottest || value > *reading.hottest)) {
      reading.hottest = value;
    }
  }

  void read_temperatures(ThermalReading& reading) {
    for (std::size_t i = 0; i < zones.size(); ++i) {
      zones[i].value = read_temperature(zone_files[i]);
      if (zones[i].value) add_temperature(reading, zones[i].name, *zones[i].value);
    }
    for (auto& file : temperatures) {
      if (const auto value = read_temperature(file.value))
        add_temperature(reading, file.name, *value);
    }
    for (auto& file : fans) {
      const auto text = file.value.read(buffer);
      const auto rpm = text ? parse_number<std::int64_t>(trim(*text)) : std::nullopt;
      if (rpm && *rpm >= 0 && *rpm <= kMostRpm) reading.fans.push_back({file.name, *rpm, {}});
    }
  }

  void read_level(ThermalReading& reading, std::vector<Problem>& problems) {
    policy_values.clear();
    for (auto& policy : policies) {
      FrequencyPolicy value{policy.hardware_max, read_frequency(policy.allowed), std::nullopt};
      if (policy.firmware) value.firmware_limit = read_frequency(*policy.firmware);
      policy_values.push_back(value);
    }
    const auto cap = compute_frequency_cap(policy_values);
    if (cap) reading.cpu_frequency_cap = cap->share;
    if (auto level = compute_thermal_level(zones)) {
      reading.level = level->level;
      reading.level_source = std::move(level->source);
    } else {
      problems.push_back(problem_of(
          "thermal.level", Errc::unsupported,
          zones.empty() ? "no thermal zone" : "no thermal zone has a value and a trip point"));
    }
    // A user may cap the frequency to save power; only the firmware's own limit
    // tells of heat (or of a weak power supply).
    if (cap && cap->by_firmware && reading.level.value_or(0) == 0 && reading.level) {
      reading.level = 1;
      reading.level_source = "the firmware limits the CPU frequency";
    }
    if (!cap) {
      problems.push_back(
          problem_of("thermal.cpu_frequency_cap", Errc::unsupported, "no cpufreq policy"));
    }
  }

  std::vector<Problem> read(Sample& sample) {
    std::vector<Problem> problems;
    ThermalReading reading;
    read_temperatures(reading);
    read_level(reading, problems);
    const bool none = zones.empty() && temperatures.empty();
    if (!reading.hottest) {
      problems.push_back(problem_of(
          "thermal.hottest", Errc::unsupported,
          none ? "no temperature sensor" : "no sensor of the processor gives a plausible value"));
    }
    if (reading.temperatures.empty()) {
      problems.push_back(problem_of(
          "thermal.temperatures", Errc::unsupported,
          none ? "no temperature sensor" : "no sensor gives a value between -20 and 150 C"));
    }
    if (reading.fans.empty()) {
      problems.push_back(problem_of("thermal.fans", Errc::unsupported, "no fan sensor"));
    } else {
      problems.push_back(problem_of("thermal.fans.mode", Errc::unsupported,
                                    "who controls a fan is read on macOS only"));
    }
    if (none && fans.empty() && policies.empty()) {
      sample.thermal.reset();
      return {problem_of("thermal", Errc::unsupported,
                         "no thermal zone, no hwmon sensor and no cpufreq policy")};
    }
    sample.thermal = std::move(reading);
    return problems;
  }

  /// Faster fans do not exist; tachometers read garbage when not connected.
  static constexpr std::int64_t kMostRpm = 30'000;
};

}  // namespace

Sensor make_thermal_sensor(const std::string& sysroot) {
  auto files = std::make_shared<ThermalFiles>(sysroot);
  return {"thermal", [files](Sample& sample) { return files->read(sample); }, true};
}

}  // namespace m1opt::platform
