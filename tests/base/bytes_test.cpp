#include "base/bytes.h"

#include <array>
#include <string_view>

#include "support/catch.h"

using m1opt::base::big_endian;
using m1opt::base::little_endian;

TEST_CASE("bytes of a number count from either end, and none is negative") {
  constexpr std::string_view kBytes("\xCF\xFA\xED\xFE", 4);
  CHECK(big_endian(kBytes) == 0xCFFAEDFEU);
  CHECK(little_endian(kBytes) == 0xFEEDFACFU);
  CHECK(big_endian(std::array<std::uint8_t, 2>{0x01, 0xff}) == 0x1ffU);
  CHECK(little_endian(std::array<std::uint8_t, 2>{0x01, 0xff}) == 0xff01U);
  CHECK(big_endian(std::string_view{}) == 0);
  CHECK(little_endian(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff", 8)) == UINT64_MAX);
}
