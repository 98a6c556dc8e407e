#include "platform/darwin/vm_statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "platform/darwin/errors.h"

namespace m1opt::platform::darwin {

namespace {

/// Words of the buffer. First one with room for whatever a newer kernel adds;
/// should a kernel insist on its own size, the sizes that are known.
constexpr std::array<std::uint32_t, 4> kCounts{256, 1024, 40, 38};
/// Up to external_page_count; what stands behind it is not used.
constexpr std::uint32_t kNeededWords = 35;

bool is_blank(const VmStatistics& s) {
  return s.free == 0 && s.active == 0 && s.inactive == 0 && s.wired == 0;
}

}  // namespace

Result<VmStatistics> VmStatisticsReader::read() {
  Error last{Errc::unsupported, 0, "host_statistics64 accepts no size"};
  for (std::size_t tried = 0; tried < kCounts.size(); ++tried) {
    const std::size_t choice = (accepted_ + tried) % kCounts.size();
    std::array<std::uint32_t, 1024> words{};
    std::uint32_t count = kCounts[choice];
    const int code = calls_.vm_statistics(std::span(words).first(count), count);
    if (code == kKernInvalidArgument || code == kMigArrayTooLarge) {
      last = kernel_error("host_statistics64", code);
      continue;
    }
    if (code != kKernSuccess) return kernel_error("host_statistics64", code);
    if (count < kNeededWords) {
      return Error{Errc::parse, 0,
                   fmt::format("host_statistics64 gives {} words, {} are needed", count,
                               kNeededWords)};
    }
    accepted_ = choice;
    VmStatistics statistics{};
    std::memcpy(&statistics, words.data(),
                std::min<std::size_t>(sizeof(statistics), count * sizeof(std::uint32_t)));
    if (is_blank(statistics)) return Error{Errc::parse, 0, "host_statistics64 gives only zeros"};
    return statistics;
  }
  return last;
}

bool is_page_size(std::uint64_t size) {
  return size >= 4096 && size <= 65536 && (size & (size - 1)) == 0;
}

Result<MemoryReading> compute_memory(const VmStatistics& statistics, std::uint64_t page_size,
                                     Bytes total) {
  if (!is_page_size(page_size)) {
    return Error{Errc::parse, 0, fmt::format("a page of {} bytes", page_size)};
  }
  const auto bytes = [&](std::uint64_t pages) {
    return static_cast<std::int64_t>(pages * page_size);
  };
  const std::uint64_t taken = std::uint64_t{statistics.active} + statistics.inactive +
                              statistics.speculative + statistics.wired + statistics.compressor;
  const std::uint64_t given = std::uint64_t{statistics.purgeable} + statistics.external;
  if (total <= Bytes{0} || taken <= given || bytes(taken - given) > total.value()) {
    return Error{Errc::parse, 0,
                 fmt::format("{} pages of {} bytes in use do not fit {} bytes of memory",
                             static_cast<std::int64_t>(taken) - static_cast<std::int64_t>(given),
                             page_size, total.value())};
  }
  MemoryReading reading;
  reading.total = total;
  reading.used = Bytes{bytes(taken - given)};
  reading.available = total - reading.used;
  const auto whole = static_cast<double>(total.value());
  reading.used_share = percent_of(static_cast<double>(reading.used.value()), whole);
  reading.available_share = percent_of(static_cast<double>(reading.available.value()), whole);
  reading.wired = Bytes{bytes(statistics.wired)};
  reading.compressed = Bytes{bytes(statistics.compressor)};
  reading.cached = Bytes{bytes(given)};
  return reading;
}

Result<PressureReading> decode_pressure(std::int64_t level) {
  PressureReading reading;
  switch (level) {
    case 1: reading.level = PressureLevel::normal; break;
    case 2: reading.level = PressureLevel::warning; break;
    case 4: reading.level = PressureLevel::critical; break;
    default:
      return Error{Errc::parse, 0,
                   fmt::format("the kernel's pressure level is {}, not 1, 2 or 4", level)};
  }
  reading.level_source = fmt::format("the kernel's own level, {}", level);
  return reading;
}

}  // namespace m1opt::platform::darwin
