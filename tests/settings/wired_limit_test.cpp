#include "settings/wired_limit.h"

#include "support/catch.h"

using namespace m1opt;

namespace {

base::Bytes gib(std::int64_t n) { return base::Bytes{n << 30}; }
base::Bytes share(std::int64_t ram, std::int64_t percent) { return base::Bytes{(ram << 30) / 100 * percent}; }

}  // namespace

TEST_CASE("with 8, 16 and 24 GiB the wired limit is not raised: 8 GiB have to stay free of it") {
  for (const int ram : {4, 8, 16, 18, 24}) {
    INFO(ram);
    const auto limit = settings::wired_limit_mib(gib(ram), share(ram, 60));
    REQUIRE_FALSE(limit);
    CHECK(limit.error().code == base::Errc::unsupported);
    CHECK(limit.error().what.find("8 GiB have to stay free") != std::string::npos);
  }
}

TEST_CASE("what stays free of it is 8 GiB and a quarter of the RAM at least") {
  CHECK(settings::wired_limit_mib(gib(32), share(32, 67)).value() == 24 * 1024);
  CHECK(settings::wired_limit_mib(gib(36), share(36, 67)).value() == 27 * 1024);
  CHECK(settings::wired_limit_mib(gib(48), share(48, 74)).value() == 36 * 1024);
  for (std::int64_t ram = 1; ram <= 512; ++ram) {
    const auto limit = settings::wired_limit_mib(gib(ram), share(ram, 67));
    if (!limit) continue;
    const std::int64_t left = (ram << 10) - *limit;
    INFO(ram);
    CHECK(left >= 8 * 1024);
    CHECK(left * 4 >= ram << 10);
  }
}

TEST_CASE("it never lowers what Metal gives by itself, and where that is not known it is left") {
  for (std::int64_t ram = 1; ram <= 512; ++ram) {
    INFO(ram);
    CHECK_FALSE(settings::wired_limit_mib(gib(ram), std::nullopt));
    for (std::int64_t percent = 50; percent <= 90; ++percent) {
      const auto limit = settings::wired_limit_mib(gib(ram), share(ram, percent));
      if (limit) CHECK((*limit << 20) > share(ram, percent).value());
    }
  }
  // Seen of Macs with 32, 36, 48, 64 and 128 GB, in MB.
  for (const auto& [ram, metal] : {std::pair{32, 26800.60}, {36, 30150.67}, {48, 40200.90}, {64, 53084.0}, {128, 115448.0}}) {
    INFO(ram);
    const auto limit = settings::wired_limit_mib(gib(ram), base::Bytes{static_cast<std::int64_t>(metal * 1e6)});
    REQUIRE_FALSE(limit);
    CHECK(limit.error().what.find("Metal gives") != std::string::npos);
  }
}
