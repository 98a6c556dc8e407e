#include "platform/darwin/smc.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <span>

#include "base/bytes.h"
#include "platform/darwin/errors.h"
#include "platform/thermal_text.h"

namespace m1opt::platform::darwin {

namespace {

constexpr std::uint8_t kReadKey = 5;
constexpr std::uint8_t kKeyByIndex = 8;
constexpr std::uint8_t kKeyInfo = 9;
constexpr std::uint8_t kNoSuchKey = 0x84;
constexpr std::size_t kMostTemperatures = 128;  // an Ultra has some sixty of its processors
constexpr std::uint32_t kMostKeys = 10'000;
constexpr int kMostFans = 8;
constexpr double kFastestFan = 20'000;

/// Tp, Te and Ts: processor cores. What else begins with T differs from chip to chip.
bool is_processor_key(const std::string& name) {
  return name.size() == 4 && name[0] == 'T' && (name[1] == 'p' || name[1] == 'e' || name[1] == 's');
}

bool is_graphics_key(const std::string& name) { return name.size() == 4 && name[0] == 'T' && name[1] == 'g'; }

}  // namespace

std::uint32_t smc_key(std::string_view name) {
  std::uint32_t key = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    key = key << 8U | static_cast<std::uint8_t>(i < name.size() ? name[i] : ' ');
  }
  return key;
}

std::string smc_name(std::uint32_t key) {
  std::string name(4, ' ');
  for (std::size_t i = 0; i < 4; ++i) name[i] = static_cast<char>(key >> (24 - 8 * i) & 0xffU);
  return name;
}

std::optional<double> decode_smc(std::uint32_t type, std::uint32_t size,
                                 const std::array<std::uint8_t, 32>& bytes) {
  if (type == smc_key("flt ") && size == 4) {
    float value = 0;
    std::memcpy(&value, bytes.data(), sizeof(value));
    if (!std::isfinite(value)) return std::nullopt;
    return value;
  }
  if (type == smc_key("fpe2") && size == 2) return static_cast<double>(big_endian(std::span(bytes).first(2))) / 4.0;
  if ((type == smc_key("ui8 ") && size == 1) || (type == smc_key("ui16") && size == 2) ||
      (type == smc_key("ui32") && size == 4)) {
    return static_cast<double>(big_endian(std::span(bytes).first(size)));
  }
  return std::nullopt;
}

Result<void> Smc::open() {
  if (!opened_) opened_ = calls_.smc_open();
  return *opened_;
}

Result<SmcMessage> Smc::call(SmcMessage message) {
  std::array<std::byte, kSmcBytes> in{};
  std::array<std::byte, kSmcBytes> out{};
  std::memcpy(in.data(), &message, sizeof(message));
  const int code = calls_.smc_call(in, out);
  if (code != kKernSuccess) return kernel_error("IOConnectCallStructMethod", code);
  const SmcMessage answer = *read_layout<SmcMessage>(out);
  if (answer.result == kNoSuchKey) {
    return Error{Errc::unsupported, 0, "the SMC has no key " + smc_name(message.key)};
  }
  if (answer.result != 0) {
    return Error{Errc::io, 0, fmt::format("the SMC answers 0x{:02x} for key {}", answer.result,
                                          smc_name(message.key))};
  }
  return answer;
}

Result<SmcKeyInfo> Smc::key_info(std::uint32_t key) {
  const auto known = infos_.find(key);
  if (known != infos_.end()) return known->second;
  SmcMessage message{};
  message.key = key;
  message.command = kKeyInfo;
  const auto answer = call(message);
  Result<SmcKeyInfo> info =
      answer ? Result<SmcKeyInfo>(SmcKeyInfo{answer->data_size, answer->data_type})
             : Result<SmcKeyInfo>(answer.error());
  // A key that is missing stays missing; any other failure may pass.
  if (info || info.error().code == Errc::unsupported) infos_.emplace(key, info);
  return info;
}

Result<double> Smc::read(std::string_view name) {
  const std::uint32_t key = smc_key(name);
  const auto info = key_info(key);
  if (!info) return info.error();
  SmcMessage message{};
  message.key = key;
  message.data_size = info->size;
  message.command = kReadKey;
  const auto answer = call(message);
  if (!answer) return answer.error();
  const auto value = decode_smc(info->type, info->size, answer->bytes);
  if (value) return *value;
  return Error{Errc::parse, 0, fmt::format("SMC key {} of type '{}' and {} bytes is no number",
                                           name, smc_name(info->type), info->size)};
}

void Smc::find_temperature_keys() {
  const auto count = read("#KEY");
  if (!count || *count < 1 || *count > kMostKeys) return;
  searched_ = true;
  std::vector<std::uint32_t> graphics;
  for (std::uint32_t index = 0; index < static_cast<std::uint32_t>(*count); ++index) {
    SmcMessage message{};
    message.index = index;
    message.command = kKeyByIndex;
    const auto answer = call(message);
    if (!answer) continue;
    const std::string name = smc_name(answer->key);
    if (!is_processor_key(name) && !is_graphics_key(name)) continue;
    const auto info = key_info(answer->key);
    if (!info || info->type != smc_key("flt ") || info->size != 4) continue;
    (is_graphics_key(name) ? graphics : temperature_keys_).push_back(answer->key);
  }
  // The processor's come first: rules go by the hottest of them.
  temperature_keys_.insert(temperature_keys_.end(), graphics.begin(), graphics.end());
  if (temperature_keys_.size() > kMostTemperatures) temperature_keys_.resize(kMostTemperatures);
}

std::vector<Temperature> Smc::read_temperatures() {
  if (!searched_) find_temperature_keys();
  std::vector<Temperature> found;
  for (const std::uint32_t key : temperature_keys_) {
    const auto value = read(smc_name(key));
    // A core that sleeps reads 0 or less: no temperature.
    if (!value || *value <= 0 || *value > 1000) continue;
    const MilliCelsius reading{std::lround(*value * 1000)};
    if (is_plausible(reading)) found.push_back({smc_name(key), reading});
  }
  return found;
}

std::optional<int> Smc::count_fans() {
  const auto count = read("FNum");
  if (!count || *count < 0) return std::nullopt;
  return static_cast<int>(std::min<double>(*count, kMostFans));
}

std::vector<Fan> Smc::read_fans() {
  std::vector<Fan> fans;
  const int count = count_fans().value_or(0);
  for (int i = 0; i < count; ++i) {
    const auto rpm = read(fmt::format("F{}Ac", i));
    if (!rpm || *rpm < 0 || *rpm > kFastestFan) continue;
    fans.push_back({fmt::format("fan {}", i), std::lround(*rpm), read_fan_mode(i)});
  }
  return fans;
}

std::optional<FanMode> Smc::read_fan_mode(int fan) {
  auto mode = read(fmt::format("F{}Md", fan));
  if (!mode) mode = read(fmt::format("F{}md", fan));
  if (!mode) return std::nullopt;
  switch (static_cast<int>(*mode)) {
    case 0: return FanMode::automatic;
    case 1: return FanMode::forced;
    case 3: return FanMode::system;
    default: return std::nullopt;
  }
}

}  // namespace m1opt::platform::darwin
