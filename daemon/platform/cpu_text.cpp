#include "platform/cpu_text.h"

#include <algorithm>
#include <array>
#include <limits>

#include "platform/text.h"

namespace m1opt::platform {

namespace {

/// user nice system idle iowait irq softirq steal; guest and guest_nice follow.
constexpr std::size_t kColumns = 8;
constexpr std::size_t kIdle = 3;
constexpr std::size_t kWaiting = 4;
/// Kernels before 2.6.11 end at softirq; four columns are the least there ever were.
constexpr std::size_t kLeastColumns = 4;

Duration from_ticks(std::int64_t ticks, std::int64_t per_second) {
  return std::chrono::nanoseconds(ticks * (1'000'000'000 / per_second));
}

}  // namespace

Result<CpuReading> parse_cpu_totals(std::string_view text, std::int64_t ticks_per_second) {
  if (ticks_per_second <= 0) return Error{Errc::parse, 0, "no clock tick rate"};
  while (!text.empty()) {
    auto line = take_line(text);
    if (take_word(line) != "cpu") continue;
    std::array<std::int64_t, kColumns> ticks{};
    std::size_t columns = 0;
    for (; columns < kColumns; ++columns) {
      const auto word = take_word(line);
      if (word.empty()) break;
      const auto number = parse_number<std::int64_t>(word);
      const auto limit =
          std::numeric_limits<std::int64_t>::max() / 1'000'000'000 / 8 * ticks_per_second;
      if (!number || *number < 0 || *number > limit) {
        return Error{Errc::parse, 0, "the cpu line of /proc/stat holds no sensible numbers"};
      }
      ticks[columns] = *number;
    }
    if (columns < kLeastColumns) break;
    std::int64_t busy = 0;
    for (std::size_t i = 0; i < columns; ++i) {
      if (i != kIdle && i != kWaiting) busy += ticks[i];
    }
    CpuReading reading;
    reading.busy = from_ticks(busy, ticks_per_second);
    reading.idle = from_ticks(ticks[kIdle] + ticks[kWaiting], ticks_per_second);
    return reading;
  }
  return Error{Errc::parse, 0, "/proc/stat has no whole cpu line"};
}

Result<std::vector<int>> parse_cpu_list(std::string_view text) {
  constexpr int kMost = 1 << 16;
  const Error bad{Errc::parse, 0, "not a list of CPUs"};
  text = trim(text);
  if (text.empty()) return bad;
  std::vector<int> cpus;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto part = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    const auto dash = part.find('-');
    const auto first = parse_number<int>(part.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : parse_number<int>(part.substr(dash + 1));
    if (!first || !last || *first < 0 || *last < *first || *last >= kMost) return bad;
    for (int cpu = *first; cpu <= *last && cpus.size() < kMost; ++cpu) cpus.push_back(cpu);
  }
  return cpus;
}

Result<int> parse_cpu_list_size(std::string_view text) {
  const auto cpus = parse_cpu_list(text);
  if (!cpus) return cpus.error();
  return static_cast<int>(cpus->size());
}

CoreKinds compute_core_kinds(const std::vector<int>& capacities) {
  CoreKinds kinds;
  if (capacities.empty()) return kinds;
  const int most = *std::max_element(capacities.begin(), capacities.end());
  for (const int capacity : capacities) {
    if (capacity * 4 <= most * 3) {
      ++kinds.efficiency;
    } else {
      ++kinds.performance;
    }
  }
  return kinds;
}

}  // namespace m1opt::platform
