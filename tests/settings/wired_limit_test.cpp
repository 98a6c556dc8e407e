#include "settings/wired_limit.h"

#include "support/catch.h"

using namespace m1opt;

namespace {

base::Bytes gib(std::int64_t n) { return base::Bytes{n << 30}; }

}  // namespace

TEST_CASE("with 8, 16 and 24 GiB the wired limit is not raised: 8 GiB have to stay free of it") {
  for (const int ram : {4, 8, 16, 18, 24}) {
    INFO(ram);
    const auto limit = settings::wired_limit_mib(gib(ram));
    REQUIRE_FALSE(limit);
    CHECK(limit.error().code == base::Errc::unsupported);
    CHECK(limit.error().what.find("8 GiB have to stay free") != std::string::npos);
  }
}

TEST_CASE("what stays free of it is 8 GiB and a quarter of the RAM at least") {
  CHECK(settings::wired_limit_mib(gib(32)).value() == 24 * 1024);
  CHECK(settings::wired_limit_mib(gib(36)).value() == 27 * 1024);
  CHECK(settings::wired_limit_mib(gib(48)).value() == 36 * 1024);
  for (std::int64_t ram = 1; ram <= 512; ++ram) {
    const auto limit = settings::wired_limit_mib(gib(ram));
    if (!limit) continue;
    const std::int64_t left = (ram << 10) - *limit;
    INFO(ram);
    CHECK(left >= 8 * 1024);
    CHECK(left * 4 >= ram << 10);
  }
}

TEST_CASE("from 64 GiB on it would lower what the system gives by itself, so it is left") {
  for (const int ram : {64, 96, 128, 192}) {
    INFO(ram);
    CHECK_FALSE(settings::wired_limit_mib(gib(ram)));
  }
}
