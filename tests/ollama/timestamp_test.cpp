#include "ollama/answers.h"
#include "support/catch.h"

namespace m1opt::ollama {

TEST_CASE("fractions of 0 to 9 digits and offsets are read") {
  CHECK(parse_timestamp("1970-01-01T00:00:00Z").value() == Timestamp{0, 0});
  CHECK(parse_timestamp("2026-08-01T10:20:00.5+02:00").value() == Timestamp{1785572400, 500000000});
  CHECK(parse_timestamp("2026-08-01T08:20:00.123456789Z").value() ==
        Timestamp{1785572400, 123456789});
  CHECK(parse_timestamp("2026-08-01T03:20:00-05:00").value().seconds == 1785572400);
  CHECK(parse_timestamp("2026-08-01T08:20:00.1234567899Z").value().nanoseconds == 123456789);
  CHECK(parse_timestamp("1969-12-31T23:59:59Z").value().seconds == -1);
}

TEST_CASE("text that is no time is an error") {
  for (const char* text :
       {"", "now", "2026-08-01", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
        "2026-08-01T24:00:00Z", "2026-08-01T00:00:00", "2026-08-01T00:00:00.Z",
        "2026-08-01T00:00:00+0200", "2026-08-01T00:00:00Zx", "-026-08-01T00:00:00Z"}) {
    INFO(text);
    CHECK_FALSE(parse_timestamp(text));
  }
}

TEST_CASE("keep_alive -1 is written as some 292 years and means never") {
  const auto now = parse_timestamp("2026-08-01T08:20:00Z").value();
  CHECK(is_never(parse_timestamp("2318-11-11T17:41:29.123456789+01:00").value(), now));
  CHECK_FALSE(is_never(parse_timestamp("2026-08-01T08:25:00Z").value(), now));
  CHECK_FALSE(is_never(parse_timestamp("2020-01-01T00:00:00Z").value(), now));
}

}  // namespace m1opt::ollama
