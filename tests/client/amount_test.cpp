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

TEST_CASE("RAM is in powers of 1024, and a bare number in GiB") {
  for (const char* text : {"16", "16.0", "16G", "16g", "16GB", "16GiB", "16gib", "16384M", "16384MiB", "16777216K", "0.015625T"}) {
    INFO(text);
    REQUIRE(parse_ram(text).has_value());
    CHECK(*parse_ram(text) == 16LL << 30U);
  }
  CHECK(*parse_ram("16.5") == 33LL << 29U);
  CHECK(*parse_ram("512M") == 512LL << 20U);
  CHECK(*parse_ram("0.5") == 512LL << 20U);
}

TEST_CASE("what is no RAM is a usage error that names the word and shows how to write one") {
  for (const char* text : {"", "0", "0G", "0.4", "511M", "64B", "G", "16X", "16GX", "16Gi", "-1G", "-16", "16 G", "nan", "inf", "1e3", "0x10", "1025T"}) {
    INFO(text);
    const auto parsed = parse_ram(text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().exit_status == 2);
    CHECK(parsed.error().text.find("\"" + std::string(text) + "\"") != std::string::npos);
    CHECK(parsed.error().fix.find("16G") != std::string::npos);
  }
}

TEST_CASE("a decimal number has nothing behind it") {
  CHECK(parse_decimal("2.5") == 2.5);
  for (const char* text : {"", "10foo", "-1", "1e3", "1.2.3", " 1"}) CHECK_FALSE(parse_decimal(text).has_value());
}
