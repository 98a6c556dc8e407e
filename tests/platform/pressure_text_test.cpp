#include "platform/pressure_text.h"

#include "support/catch.h"

namespace m1opt::platform {

namespace {

Stalls stalls(double some, double full) {
  return {{Percent{some}, {}}, StallLine{Percent{full}, {}}};
}

}  // namespace

TEST_CASE("stall lines are read") {
  const auto read = parse_stalls(
      "some avg10=12.50 avg60=0.60 avg300=1.16 total=15715868\n"
      "full avg10=3.25 avg60=0.00 avg300=0.00 total=7\n");
  REQUIRE(read);
  CHECK(read->some.avg10.value() == Approx(12.5));
  CHECK(read->some.total == std::chrono::microseconds(15715868));
  REQUIRE(read->full);
  CHECK(read->full->avg10.value() == Approx(3.25));
}

TEST_CASE("the CPU file of older kernels has no full line") {
  const auto read = parse_stalls("some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n");
  REQUIRE(read);
  CHECK_FALSE(read->full.has_value());
}

TEST_CASE("stalls that make no sense are an error") {
  for (const char* text :
       {"", "full avg10=1 total=2", "some", "some avg10=x total=1", "some avg10=nan total=1",
        "some avg10=inf total=1", "some avg10=-1 total=1", "some avg10=101 total=1",
        "some avg10=1 total=-1", "some avg10=1", "some avg10=1 total=9223372036854775807",
        "some avg10=1 total=99999999999999999999"}) {
    INFO(text);
    CHECK_FALSE(parse_stalls(text));
  }
}

TEST_CASE("the worse of stalls and available memory decides the level") {
  struct Row {
    double some, full, available;
    PressureLevel level;
    const char* source;
  };
  const Row rows[] = {
      {0, 0, 50, PressureLevel::normal, "memory stalls some avg10 0.00 %, available 50.0 %"},
      {9.99, 9.99, 15, PressureLevel::normal, "memory stalls some avg10 9.99 %, available 15.0 %"},
      {10, 0, 50, PressureLevel::warning, "memory stalls some avg10 10.00 % >= 10 %"},
      {0, 0, 14.9, PressureLevel::warning, "available memory 14.9 % < 15 %"},
      {0, 0, 7, PressureLevel::warning, "available memory 7.0 % < 15 %"},
      {0, 0, 6.9, PressureLevel::critical, "available memory 6.9 % < 7 %"},
      {50, 10, 50, PressureLevel::critical, "memory stalls full avg10 10.00 % >= 10 %"},
      {50, 0, 6, PressureLevel::critical, "available memory 6.0 % < 7 %"},
  };
  for (const auto& row : rows) {
    INFO(row.source);
    const auto reading = compute_pressure(stalls(row.some, row.full), Percent{row.available});
    REQUIRE(reading);
    CHECK(reading->level == row.level);
    CHECK(reading->level_source == row.source);
  }
}

TEST_CASE("one of stalls and available memory is enough, none is an error") {
  const auto without_psi = compute_pressure(std::nullopt, Percent{5});
  REQUIRE(without_psi);
  CHECK(without_psi->level == PressureLevel::critical);
  CHECK_FALSE(without_psi->some_avg10.has_value());
  const auto without_memory = compute_pressure(stalls(20, 0), std::nullopt);
  REQUIRE(without_memory);
  CHECK(without_memory->level == PressureLevel::warning);
  CHECK_FALSE(compute_pressure(std::nullopt, std::nullopt));
}

}  // namespace m1opt::platform
