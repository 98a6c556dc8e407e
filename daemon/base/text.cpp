#include "base/text.h"

#include <fmt/format.h>

#include <cmath>

namespace m1opt::base {

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

}  // namespace m1opt::base
