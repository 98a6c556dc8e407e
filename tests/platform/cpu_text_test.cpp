#include "platform/cpu_text.h"

#include "support/catch.h"

namespace m1opt::platform {

TEST_CASE("CPU totals count waiting for a disk as idle and guests only once") {
  const auto reading = parse_cpu_totals("cpu  100 20 30 4000 500 6 7 8 90 10\ncpu0 1 1 1 1\n", 100);
  REQUIRE(reading);
  CHECK(reading->busy == std::chrono::milliseconds(1710));
  CHECK(reading->idle == std::chrono::seconds(45));
}

TEST_CASE("a cpu line of the oldest kernels is enough") {
  CHECK(parse_cpu_totals("cpu 1 2 3 4\n", 100)->busy == std::chrono::milliseconds(60));
}

TEST_CASE("a cpu line that makes no sense is an error") {
  for (const char* text : {"", "cpu", "cpu 1 2 3", "cpu0 1 2 3 4", "cpu 1 2 x 4", "cpu 1 2 -3 4",
                           "cpu 1 2 3 99999999999999999999", "cpu 9223372036854775807 2 3 4"}) {
    INFO(text);
    CHECK_FALSE(parse_cpu_totals(text, 100));
  }
  CHECK_FALSE(parse_cpu_totals("cpu 1 2 3 4", 0));
}

TEST_CASE("CPU lists are counted") {
  CHECK(*parse_cpu_list_size("0-3,8,10-11\n") == 7);
  CHECK(*parse_cpu_list_size("0") == 1);
  for (const char* text : {"", "\n", "a", "3-1", "-1", "0-", "0-99999999", "1,,2"}) {
    INFO(text);
    CHECK_FALSE(parse_cpu_list_size(text));
  }
}

TEST_CASE("core kinds follow from capacities") {
  const auto m1 = compute_core_kinds({485, 485, 485, 485, 1024, 1024, 1024, 1024});
  CHECK(m1.performance == 4);
  CHECK(m1.efficiency == 4);
  CHECK(compute_core_kinds({1024, 1024}).efficiency == 0);
  CHECK(compute_core_kinds({1024, 980}).performance == 2);
  CHECK(compute_core_kinds({}).performance == 0);
}

}  // namespace m1opt::platform
