#include "platform/memory_text.h"

#include "support/catch.h"

namespace m1opt::platform {

namespace {

constexpr const char* kMeminfo =
    "MemTotal:       16000000 kB\n"
    "MemFree:         1000000 kB\n"
    "MemAvailable:    4000000 kB\n"
    "Buffers:          100000 kB\n"
    "Cached:          3000000 kB\n"
    "SwapCached:            7 kB\n"
    "Unevictable:      200000 kB\n"
    "SwapTotal:       8000000 kB\n"
    "SwapFree:        6000000 kB\n"
    "Zswap:            500000 kB\n"
    "Zswapped:        1500000 kB\n"
    "Shmem:            400000 kB\n"
    "SUnreclaim:        50000 kB\n"
    "KernelStack:       10000 kB\n"
    "PageTables:        20000 kB\n"
    "Percpu:             5000 kB\n"
    "HugePages_Total:       3\n";

}  // namespace

TEST_CASE("memory is worked out from meminfo") {
  const auto reading = compute_memory(parse_meminfo(kMeminfo), Bytes{1024});
  REQUIRE(reading);
  CHECK(reading->total == bytes_from_kib(16000000));
  CHECK(reading->available == bytes_from_kib(4000000));
  CHECK(reading->used == bytes_from_kib(12000000));
  CHECK(reading->used_share.value() == Approx(75.0));
  CHECK(reading->available_share.value() == Approx(25.0));
  CHECK(reading->wired == bytes_from_kib(285000));
  CHECK(reading->compressed == bytes_from_kib(500000) + Bytes{1024});
  CHECK(reading->cached == bytes_from_kib(2700000));
}

TEST_CASE("parts of memory that the kernel does not tell stay absent") {
  const auto reading =
      compute_memory(parse_meminfo("MemTotal: 100 kB\nMemAvailable: 50 kB\n"), std::nullopt);
  REQUIRE(reading);
  CHECK_FALSE(reading->wired.has_value());
  CHECK_FALSE(reading->compressed.has_value());
  CHECK_FALSE(reading->cached.has_value());
}

TEST_CASE("meminfo without a usable total or available is an error") {
  for (const char* text :
       {"", "garbage", "MemTotal: 100 kB\n", "MemAvailable: 100 kB\n",
        "MemTotal: 0 kB\nMemAvailable: 0 kB", "MemTotal: -5 kB\nMemAvailable: 1 kB",
        "MemTotal: 100\nMemAvailable: 1 kB", "MemTotal: 100 MB\nMemAvailable: 1 kB",
        "MemTotal: 99999999999999999999 kB\nMemAvailable: 1 kB",
        "MemTotal: 9223372036854775807 kB\nMemAvailable: 1 kB",
        "MemTotal: 0x10 kB\nMemAvailable: 1 kB"}) {
    INFO(text);
    const auto reading = compute_memory(parse_meminfo(text), std::nullopt);
    REQUIRE_FALSE(reading);
    CHECK(reading.error().code == Errc::parse);
  }
}

TEST_CASE("more available than total never gives negative use") {
  const auto reading = compute_memory(parse_meminfo("MemTotal: 10 kB\nMemAvailable: 20 kB\n"), {});
  REQUIRE(reading);
  CHECK(reading->used == Bytes{0});
}

TEST_CASE("a meminfo cut off anywhere never gives a wrong number") {
  const std::string whole = kMeminfo;
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const auto info = parse_meminfo(std::string_view(whole).substr(0, n));
    if (info.total) CHECK(*info.total == bytes_from_kib(16000000));
    if (info.available) CHECK(*info.available == bytes_from_kib(4000000));
  }
}

TEST_CASE("swap is worked out from meminfo") {
  const auto swap = compute_swap(parse_meminfo(kMeminfo));
  REQUIRE(swap);
  CHECK(swap->total == bytes_from_kib(8000000));
  CHECK(swap->used == bytes_from_kib(2000000));
  CHECK(compute_swap(parse_meminfo("SwapTotal: 0 kB\nSwapFree: 0 kB\n"))->used == Bytes{0});
  CHECK_FALSE(compute_swap(parse_meminfo("SwapTotal: 5 kB\n")));
  CHECK_FALSE(compute_swap(parse_meminfo("")));
}

TEST_CASE("swap counters come from vmstat") {
  const auto pages = parse_vmstat("nr_free_pages 5\npswpin 12\npswpout 34\npswpinx 9\n");
  CHECK(pages.in == 12);
  CHECK(pages.out == 34);
  CHECK_FALSE(parse_vmstat("pswpin -1\npswpout x\n").in.has_value());
  CHECK_FALSE(parse_vmstat("pswpin -1\npswpout x\n").out.has_value());
  CHECK_FALSE(parse_vmstat("").in.has_value());
}

TEST_CASE("the RAM of a zram device is the third column") {
  CHECK(parse_zram_used("  4096 74 12288 0 12288 0 0 0 0\n") == Bytes{12288});
  CHECK_FALSE(parse_zram_used("4096 74").has_value());
  CHECK_FALSE(parse_zram_used("4096 74 -1").has_value());
  CHECK_FALSE(parse_zram_used("").has_value());
}

}  // namespace m1opt::platform
