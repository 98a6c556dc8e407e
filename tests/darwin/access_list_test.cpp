#include <cerrno>

#include "darwin/fake_mac.h"
#include "platform/darwin/darwin.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::platform::darwin;
using m1opt::test::FakeMac;

namespace {

constexpr const char* kToolsPath = "/Library/PrivilegedHelperTools";
constexpr std::array<std::uint8_t, 16> kRoot{0xff, 0xff, 0xee, 0xee, 0xdd, 0xdd, 0xcc, 0xcc,
                                             0xbb, 0xbb, 0xaa, 0xaa, 0,    0,    0,    0};
constexpr std::array<std::uint8_t, 16> kSomebody{0xff, 0xff, 0xee, 0xee, 0xdd, 0xdd, 0xcc, 0xcc,
                                                 0xbb, 0xbb, 0xaa, 0xaa, 0,    0,    1,    0xf5};

/// Who may change kToolsPath with this one entry in its list, in words; empty: nobody.
std::string writer(const AccessEntry& entry) {
  FakeMac mac;
  mac.access_lists[kToolsPath] = {entry};
  return find_foreign_writer(mac, kToolsPath)->value_or("");
}

}  // namespace

TEST_CASE("an entry that lets anybody but root change it is found, whatever the change") {
  for (const std::uint32_t right :
       {kAccessWriteData, kAccessDelete, kAccessAppendData, kAccessDeleteChild,
        kAccessWriteSecurity, kAccessChangeOwner}) {
    INFO(right);
    CHECK(writer({true, right, kSomebody}) ==
          "its access list lets FFFFEEEE-DDDD-CCCC-BBBB-AAAA000001F5 change it: "
          "chmod -N /Library/PrivilegedHelperTools");
    CHECK(writer({true, right | kAccessReadData, kRoot}).empty());
    CHECK(writer({false, right, kSomebody}).empty());
  }
  CHECK(writer({true, kAccessReadData, kSomebody}).empty());
}

TEST_CASE("one bad entry among good ones is enough, and no list is good") {
  FakeMac mac;
  CHECK_FALSE(find_foreign_writer(mac, kToolsPath)->has_value());
  mac.access_lists[kToolsPath] = {{false, kAccessDelete, kSomebody},
                             {true, kAccessWriteData, kRoot},
                             {true, kAccessWriteData, {}}};
  CHECK(find_foreign_writer(mac, kToolsPath)->has_value());
}

TEST_CASE("a list that cannot be read is an error, not an empty one") {
  FakeMac mac;
  mac.access_error = EACCES;
  CHECK(find_foreign_writer(mac, kToolsPath).error().code == base::Errc::not_permitted);
}
