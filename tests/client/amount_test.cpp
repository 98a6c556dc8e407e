#include "client/amount.h"

#include "support/catch.h"

using namespace m1opt::client;

TEST_CASE("durations are read with their units, a bare number is seconds") {
  CHECK(*parse_duration("45") == 45);
  CHECK(*parse_duration("45s") == 45);
  CHECK(*parse_duration("30m") == 1800);
  CHECK(*parse_duration("8h") == 28800);
  CHECK(*parse_duration("2d") == 172800);
  CHECK(*parse_duration("1h30m") == 5400);
  CHECK(*parse_duration("0.5s") == 0.5);
}

TEST_CASE("what is no duration above zero is a usage error that shows how to write one") {
  for (const char* text :
       {"", "0", "0s", "-5m", "m", "5x", "1h30", "5 m", "nan", "1e3", "0x10", "1.2.3s", "inf"}) {
    INFO(text);
    const auto parsed = parse_duration(text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().exit_status == 2);
    CHECK(parsed.error().fix.find("30m") != std::string::npos);
  }
}

TEST_CASE("sizes are powers of 1024") {
  CHECK(*parse_size("512") == 512);
  CHECK(*parse_size("512B") == 512);
  CHECK(*parse_size("1K") == 1024);
  CHECK(*parse_size("300M") == 300LL << 20);
  CHECK(*parse_size("16G") == 16LL << 30);
  CHECK(*parse_size("16GB") == 16LL << 30);
  CHECK(*parse_size("16GiB") == 16LL << 30);
  CHECK(*parse_size("1.5T") == 3LL << 39);
}

TEST_CASE("what is no size is a usage error") {
  for (const char* text : {"", "G", "16X", "16GX", "-1G", "16 G", "99999999T"}) {
    INFO(text);
    REQUIRE_FALSE(parse_size(text).has_value());
    CHECK(parse_size(text).error().exit_status == 2);
  }
}
