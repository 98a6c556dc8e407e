#include "platform/machine_text.h"

#include <algorithm>
#include <array>
#include <utility>

#include "platform/text.h"

namespace m1opt::platform {

namespace {

/// Part numbers as the Asahi device trees name them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kAppleChips{{
    {"t8103", "Apple M1"},
    {"t6000", "Apple M1 Pro"},
    {"t6001", "Apple M1 Max"},
    {"t6002", "Apple M1 Ultra"},
    {"t8112", "Apple M2"},
    {"t6020", "Apple M2 Pro"},
    {"t6021", "Apple M2 Max"},
    {"t6022", "Apple M2 Ultra"},
    {"t8122", "Apple M3"},
    {"t6030", "Apple M3 Pro"},
    {"t6031", "Apple M3 Max"},
    {"t6034", "Apple M3 Max"},
    {"t6032", "Apple M3 Ultra"},
    {"t8132", "Apple M4"},
    {"t6040", "Apple M4 Pro"},
    {"t6041", "Apple M4 Max"},
}};

constexpr std::size_t kLongestName = 128;

/// Printable and short: these texts come from firmware.
std::string clean(std::string_view text) {
  std::string out;
  for (const char c : trim(text).substr(0, kLongestName)) {
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  return out;
}

}  // namespace

CpuInfo parse_cpuinfo(std::string_view text) {
  CpuInfo info;
  while (!text.empty()) {
    const auto line = take_line(text);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const auto key = trim(line.substr(0, colon));
    const auto value = line.substr(colon + 1);
    if (key == "processor") ++info.processors;
    if ((key == "model name" || key == "Processor") && info.model.empty())
      info.model = clean(value);
    if ((key == "Hardware" || key == "Model") && info.hardware.empty())
      info.hardware = clean(value);
  }
  return info;
}

std::string parse_os_name(std::string_view text) {
  while (!text.empty()) {
    auto line = trim(take_line(text));
    constexpr std::string_view kKey = "PRETTY_NAME=";
    if (line.substr(0, kKey.size()) != kKey) continue;
    line.remove_prefix(kKey.size());
    if (line.size() >= 2 && (line.front() == '"' || line.front() == '\'') &&
        line.back() == line.front()) {
      line = line.substr(1, line.size() - 2);
    }
    return clean(line);
  }
  return {};
}

std::string apple_chip(std::string_view compatible) {
  constexpr std::string_view kVendor = "apple,t";
  while (!compatible.empty()) {
    const auto end = compatible.find('\0');
    const auto item = compatible.substr(0, end);
    compatible.remove_prefix(end == std::string_view::npos ? compatible.size() : end + 1);
    if (item.substr(0, kVendor.size()) != kVendor) continue;
    const auto part = item.substr(kVendor.size() - 1);
    if (part.size() < 4 ||
        !std::all_of(part.begin() + 1, part.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      continue;
    }
    for (const auto& [number, name] : kAppleChips) {
      if (part == number) return std::string(name);
    }
    return "Apple " + clean(part);
  }
  return {};
}

std::string dmi_text(std::string_view text) {
  constexpr std::array<std::string_view, 7> kFillers{"To Be Filled By O.E.M.",
                                                     "To be filled by O.E.M.",
                                                     "Default string",
                                                     "System Product Name",
                                                     "System manufacturer",
                                                     "Not Specified",
                                                     "None"};
  const auto value = clean(text);
  const bool filler = std::find(kFillers.begin(), kFillers.end(), value) != kFillers.end();
  return filler ? std::string{} : value;
}

}  // namespace m1opt::platform
