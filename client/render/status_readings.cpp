#include "client/render/status_readings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

#include "client/json_view.h"
#include "client/render/format.h"
#include "client/render/status.h"
#include "client/render/text.h"

namespace m1opt::client::render {
namespace {

using boost::json::value;

/// The number in words of `format`, or why there is none.
std::string reading(const value& status, std::string_view path,
                    const std::function<std::string(double)>& format) {
  const auto number = number_at(status, path);
  return number ? format(*number) : unknown(status, path);
}

/// A rate or share of the daemon's own making: absent because what it is made
/// of is, or because there is only one sample yet.
std::string derived(const value& status, std::string_view path, std::string_view made_of,
                    const std::function<std::string(double)>& format) {
  if (const auto number = number_at(status, path)) return format(*number);
  return find(status, made_of) == nullptr ? unknown(status, made_of)
                                          : "unknown (needs two samples to compare)";
}

Tone tone_of_level(std::string_view level) {
  if (level == "normal") return Tone::good;
  return level == "warning" ? Tone::warning : Tone::bad;
}

}  // namespace

std::string pressure_line(const value& status, const Style& style) {
  const std::string level = text_at(status, "pressure.level");
  if (level.empty()) return unknown(status, "pressure.level");
  const std::string source = printable(text_at(status, "pressure.level_source"));
  return paint(style, tone_of_level(level), printable(level)) +
         (source.empty() ? "" : fmt::format(" ({})", source));
}

std::string memory_line(const value& status) {
  if (find(status, "memory") == nullptr) return unknown(status, "memory");
  std::string line = fmt::format("{} available of {}, used {}",
                                 reading(status, "memory.available_bytes", format_bytes),
                                 reading(status, "memory.total_bytes", format_bytes),
                                 reading(status, "memory.used_share_percent", format_percent));
  constexpr std::array<std::pair<const char*, const char*>, 3> kParts{
      {{"wired", "memory.wired_bytes"},
       {"compressed", "memory.compressed_bytes"},
       {"cached", "memory.cached_bytes"}}};
  for (const auto& [name, path] : kParts) {
    line += fmt::format(", {} {}", name, reading(status, path, format_bytes));
  }
  return line;
}

std::string swap_line(const value& status) {
  const auto total = number_at(status, "swap.total_bytes");
  if (!total) return unknown(status, "swap");
  if (*total == 0) return "none on this machine";
  return fmt::format(
      "{} of {} used, out {}, in {}", reading(status, "swap.used_bytes", format_bytes),
      format_bytes(*total),
      derived(status, "derived.swap_out_rate_bytes_per_s", "swap.swapped_out_bytes", format_rate),
      derived(status, "derived.swap_in_rate_bytes_per_s", "swap.swapped_in_bytes", format_rate));
}

std::string thermal_line(const value& status, const Style& style) {
  if (find(status, "thermal") == nullptr) return unknown(status, "thermal");
  constexpr std::array<const char*, 5> kLevels{"nominal", "moderate", "heavy", "trapping",
                                               "sleeping"};
  std::string line;
  if (const auto level = number_at(status, "thermal.level")) {
    const auto at = static_cast<std::size_t>(std::clamp(*level, 0.0, 4.0));
    const Tone tone = at == 0 ? Tone::good : at == 1 ? Tone::warning : Tone::bad;
    line = paint(style, tone, kLevels[at]);
    const std::string source = printable(text_at(status, "thermal.level_source"));
    if (!source.empty()) line += fmt::format(" ({})", source);
  } else {
    line = fmt::format("level {}", unknown(status, "thermal.level"));
  }
  line += fmt::format(", hottest {}", reading(status, "thermal.hottest_celsius", [](double value) {
                        return fmt::format("{:.0f} \u00b0C", value);
                      }));
  if (const auto cap = number_at(status, "thermal.cpu_frequency_cap_percent")) {
    line += fmt::format(", clock at most {}", format_percent(*cap));
  }
  for (const value& fan : list_at(status, "thermal.fans")) {
    line += fmt::format(", {} {} rpm", printable(text_at(fan, "name")), text_at(fan, "rpm"));
    if (text_at(fan, "mode") == "forced") line += " (held by another program)";
  }
  return line;
}

std::string power_line(const value& status) {
  if (find(status, "power.on_battery") == nullptr) {
    return unknown(status, "power.on_battery");
  }
  std::string line = flag_at(status, "power.on_battery") ? "battery" : "mains";
  if (const auto charge = number_at(status, "power.charge_percent")) {
    line += fmt::format(", charge {}", format_percent(*charge));
  }
  return line;
}

std::string cpu_line(const value& status) {
  std::string line =
      fmt::format("{} cores, busy {}, targets {} of one core", text_at(status, "machine.cores"),
                  derived(status, "derived.cpu_busy_percent", "cpu", format_percent),
                  derived(status, "derived.targets_cpu_percent", "cpu", format_percent));
  if (const auto waiting = number_at(status, "cpu.some_avg10_percent")) {
    line += fmt::format(", tasks waited {} of the last 10 s", format_percent(*waiting));
  }
  return line;
}

}  // namespace m1opt::client::render
