#include "decide/text.h"

#include <fmt/format.h>

#include <cmath>

namespace m1opt::decide {

std::string number_text(double value) {
  if (std::fabs(value) >= 10 || value == std::floor(value)) return fmt::format("{:.0f}", value);
  return fmt::format("{:.1f}", value);
}

std::string duration_text(Duration d) {
  const double s = seconds_of(d);
  if (s < 120) return number_text(s) + " s";
  if (s < 7200) return fmt::format("{:.0f} min", s / 60);
  return fmt::format("{:.0f} h", s / 3600);
}

std::string process_text(const std::string& name, ProcessId id) {
  return fmt::format("{} (pid {})", name, id.pid);
}

std::string percent_text(double percent) { return number_text(percent) + " %"; }

std::string bytes_text(double bytes) {
  if (bytes < 1e3) return number_text(bytes) + " B";
  if (bytes < 1e6) return number_text(bytes / 1e3) + " kB";
  if (bytes < 1e9) return number_text(bytes / 1e6) + " MB";
  return number_text(bytes / 1e9) + " GB";
}

}  // namespace m1opt::decide
