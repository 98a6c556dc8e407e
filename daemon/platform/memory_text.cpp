#include "platform/memory_text.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "platform/text.h"

namespace m1opt::platform {

namespace {

constexpr std::array<std::pair<std::string_view, std::optional<Bytes> Meminfo::*>, 14> kLines{{
    {"MemTotal", &Meminfo::total},
    {"MemFree", &Meminfo::free},
    {"MemAvailable", &Meminfo::available},
    {"Buffers", &Meminfo::buffers},
    {"Cached", &Meminfo::cached},
    {"Shmem", &Meminfo::shared},
    {"Unevictable", &Meminfo::unevictable},
    {"SUnreclaim", &Meminfo::slab_kept},
    {"KernelStack", &Meminfo::kernel_stack},
    {"PageTables", &Meminfo::page_tables},
    {"Percpu", &Meminfo::per_cpu},
    {"SwapTotal", &Meminfo::swap_total},
    {"SwapFree", &Meminfo::swap_free},
    {"Zswap", &Meminfo::zswap},
}};

/// No machine has an exbibyte; below it a sum of all lines fits.
constexpr std::int64_t kMostBytes = std::int64_t{1} << 59;

/// "  24684096 kB"; absent when the unit is another, negative or too large.
std::optional<Bytes> parse_kib(std::string_view text) {
  const auto number = parse_number<std::int64_t>(take_word(text));
  if (!number || *number < 0 || take_word(text) != "kB") return std::nullopt;
  if (*number > kMostBytes / 1024) return std::nullopt;
  return bytes_from_kib(*number);
}

Bytes sum(std::initializer_list<std::optional<Bytes>> parts) {
  Bytes total;
  for (const auto& part : parts) total += part.value_or(Bytes{});
  return total;
}

}  // namespace

Meminfo parse_meminfo(std::string_view text) {
  Meminfo info;
  while (!text.empty()) {
    const auto line = take_line(text);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const auto key = line.substr(0, colon);
    for (const auto& [name, member] : kLines) {
      if (key == name) info.*member = parse_kib(line.substr(colon + 1));
    }
  }
  return info;
}

Result<MemoryReading> compute_memory(const Meminfo& info, std::optional<Bytes> zram) {
  if (!info.total || info.total->value() == 0) {
    return Error{Errc::parse, 0, "/proc/meminfo has no usable MemTotal line"};
  }
  if (!info.available) {
    return Error{Errc::parse, 0, "/proc/meminfo has no usable MemAvailable line"};
  }
  MemoryReading reading;
  reading.total = *info.total;
  reading.available = std::min(*info.available, reading.total);
  reading.used = reading.total - reading.available;
  const auto whole = static_cast<double>(reading.total.value());
  reading.used_share = percent_of(static_cast<double>(reading.used.value()), whole);
  reading.available_share = percent_of(static_cast<double>(reading.available.value()), whole);
  if (info.unevictable && info.slab_kept) {
    reading.wired =
        sum({info.unevictable, info.slab_kept, info.kernel_stack, info.page_tables, info.per_cpu});
  }
  if (info.zswap || zram) reading.compressed = sum({info.zswap, zram});
  if (info.cached) {
    const Bytes files = sum({info.cached, info.buffers});
    const Bytes shared = info.shared.value_or(Bytes{});
    reading.cached = files > shared ? files - shared : Bytes{};
  }
  return reading;
}

Result<SwapReading> compute_swap(const Meminfo& info) {
  if (!info.swap_total || !info.swap_free) {
    return Error{Errc::parse, 0, "/proc/meminfo has no usable SwapTotal and SwapFree lines"};
  }
  SwapReading reading;
  reading.total = *info.swap_total;
  reading.used = reading.total - std::min(*info.swap_free, reading.total);
  return reading;
}

SwapPages parse_vmstat(std::string_view text) {
  SwapPages pages;
  while (!text.empty()) {
    auto line = take_line(text);
    const auto key = take_word(line);
    if (key != "pswpin" && key != "pswpout") continue;
    auto number = parse_number<std::int64_t>(take_word(line));
    if (number && *number < 0) number.reset();
    (key == "pswpin" ? pages.in : pages.out) = number;
  }
  return pages;
}

std::optional<Bytes> parse_zram_used(std::string_view text) {
  take_word(text);
  take_word(text);
  const auto used = parse_number<std::int64_t>(take_word(text));
  if (!used || *used < 0 || *used > kMostBytes) return std::nullopt;
  return Bytes{*used};
}

}  // namespace m1opt::platform
