#include "client/render/format.h"

#include <stdlib.h>

#include "support/catch.h"

using namespace m1opt::client::render;

TEST_CASE("durations are short and never without a unit") {
  CHECK(format_duration(0) == "0s");
  CHECK(format_duration(0.42) == "0.4s");
  CHECK(format_duration(12) == "12s");
  CHECK(format_duration(250) == "4m10s");
  CHECK(format_duration(11520) == "3h12m");
  CHECK(format_duration(187200) == "2d4h");
  CHECK(format_duration(-3) == "0s");
  CHECK(format_duration(1e308) == "11574074074d1h");  // no daemon says so, but JSON can
}

TEST_CASE("amounts have their unit") {
  CHECK(format_bytes(512) == "512 B");
  CHECK(format_bytes(5.1 * 1073741824) == "5.1 GiB");
  CHECK(format_rate(38e6) == "38.0 MB/s");
  CHECK(format_rate(0) == "0 B/s");
  CHECK(format_percent(0) == "0 %");
  CHECK(format_percent(0.31) == "0.3 %");
  CHECK(format_percent(68.75) == "69 %");
}

TEST_CASE("times of the API are read, and shown with the date on another day only") {
  ::setenv("TZ", "UTC", 1);
  const auto time = parse_rfc3339("2026-08-01T10:11:12.123Z");
  REQUIRE(time.has_value());
  CHECK(format_time(*time, *time) == "10:11:12");
  CHECK(format_time(*time, *time + std::chrono::hours(24)) == "2026-08-01 10:11:12");
  CHECK_FALSE(parse_rfc3339("yesterday").has_value());
  CHECK_FALSE(parse_rfc3339("2026-13-01T10:11:12Z").has_value());
}
