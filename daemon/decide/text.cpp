#include "decide/text.h"

#include <fmt/format.h>

namespace m1opt::decide {

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
