#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "platform/linux/polled_file.h"
#include "platform/platform.h"
#include "platform/text.h"

namespace m1opt::platform {

namespace {

constexpr std::size_t kMostFans = 32;
/// Faster fans do not exist; tachometers read garbage when not connected.
constexpr std::int64_t kFastest = 30'000;
constexpr double kFullDuty = 255;  // of pwmN
/// pwmN_enable; from 2 on the driver says which of its own ways it is.
constexpr std::int64_t kNoControl = 0;
constexpr std::int64_t kManual = 1;

std::optional<std::int64_t> number_in(const std::string& path, std::int64_t most) {
  const auto number = parse_number<std::int64_t>(read_attribute(path));
  return number && *number >= 0 && *number <= most ? number : std::nullopt;
}

/// The numbers N of fanN_input and pwmN: a fan has either or both.
std::set<int> channels_in(const std::string& chip) {
  std::set<int> channels;
  for (const std::string& name : list_names(chip)) {
    std::string_view rest = name;
    if (name.starts_with("fan") && name.ends_with("_input")) {
      rest = rest.substr(3, rest.size() - 9);
    } else if (name.starts_with("pwm")) {
      rest = rest.substr(3);
    } else {
      continue;
    }
    if (const auto number = parse_number<int>(rest)) channels.insert(*number);
  }
  return channels;
}

void add_control(const std::string& chip, int channel, FanDetail& fan) {
  const std::string pwm = fmt::format("pwm{}", channel);
  if (const auto duty = number_in(chip + pwm, 255)) fan.duty = percent_of(static_cast<double>(*duty), kFullDuty);
  const auto enable = number_in(chip + pwm + "_enable", 255);
  if (!enable) return;
  fan.control = *enable == kNoControl ? FanControl::full_speed
                : *enable == kManual  ? FanControl::manual
                                      : FanControl::automatic;
  fan.control_source = fmt::format("{}_enable is {}", pwm, *enable);
}

FanDetail read_fan(const std::string& chip, const std::string& chip_name, int channel) {
  const std::string base = fmt::format("{}fan{}_", chip, channel);
  const std::string label = read_attribute(base + "label");
  FanDetail fan;
  fan.name = fmt::format("{} {}", chip_name, label.empty() ? fmt::format("fan{}", channel) : label);
  fan.rpm = number_in(base + "input", kFastest);
  fan.least_rpm = number_in(base + "min", kFastest);
  fan.most_rpm = number_in(base + "max", kFastest);
  fan.target_rpm = number_in(base + "target", kFastest);
  add_control(chip, channel, fan);
  return fan;
}

}  // namespace

Result<std::vector<FanDetail>> read_fan_details(const std::string& sysroot) {
  const std::string directory = sysroot + "/sys/class/hwmon/";
  std::vector<FanDetail> fans;
  const auto chips = list_names(directory);
  for (const std::string& name : chips) {
    const std::string chip = directory + name + "/";
    for (const int channel : channels_in(chip)) {
      if (fans.size() < kMostFans) fans.push_back(read_fan(chip, read_attribute(chip + "name"), channel));
    }
  }
  if (!fans.empty()) return fans;
  return Error{Errc::unsupported, 0,
               chips.empty() ? "the kernel shows no hwmon chip" : "no hwmon chip has a fan or a pwm channel"};
}

}  // namespace m1opt::platform
