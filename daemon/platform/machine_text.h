#pragma once

#include <string>
#include <string_view>

/// Text that names the machine: /proc/cpuinfo, os-release, device tree, DMI.
namespace m1opt::platform {

struct CpuInfo {
  int processors{0};
  std::string model;     ///< "model name" (x86) or "Processor"; empty when there is none
  std::string hardware;  ///< "Hardware" or "Model", some ARM boards
};
CpuInfo parse_cpuinfo(std::string_view text);

/// PRETTY_NAME of /etc/os-release without its quotes; empty when there is none.
std::string parse_os_name(std::string_view text);

/// The marketing name for the zero-separated `compatible` list of an Apple
/// device tree ("apple,j313", "apple,t8103", ...): "Apple M1". A newer chip is
/// "Apple t8140". Empty when it is no Apple one.
std::string apple_chip(std::string_view compatible);

/// A DMI text, or empty for what board makers leave in: "To Be Filled By O.E.M.".
std::string dmi_text(std::string_view text);

}  // namespace m1opt::platform
