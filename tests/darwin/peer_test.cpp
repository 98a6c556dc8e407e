#include <cerrno>

#include "darwin/fake_mac.h"
#include "platform/darwin/darwin.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::platform::darwin;
using m1opt::test::FakeMac;

namespace {
using Groups = std::vector<std::uint32_t>;
}  // namespace

TEST_CASE("an administrator by the kernel's own list is not looked up") {
  FakeMac mac;
  mac.peer.group_count = 3;
  mac.peer.groups = {20, 12, 80};
  const auto peer = peer_identity(mac, 5);
  REQUIRE(peer);
  CHECK(peer->uid == 501);
  CHECK(peer->pid == 4711);
  CHECK(peer->groups == Groups{20, 12, 80});
  CHECK(mac.group_lookups == 0);
}

TEST_CASE("one who is none by the kernel's list, or whose list is full, is looked up") {
  FakeMac mac;
  mac.members[501] = {20, 12, 80, 702};
  CHECK(peer_identity(mac, 5)->groups == Groups{20, 12, 80, 702});
  mac.peer.group_count = 16;
  mac.peer.groups.fill(80);
  CHECK(peer_identity(mac, 5)->groups.back() == 702);
  CHECK(mac.group_lookups == 2);
}

TEST_CASE("root needs no groups, and a user whom nobody knows has those of the kernel's list") {
  FakeMac mac;
  mac.peer.uid = 0;
  CHECK(peer_identity(mac, 5)->uid == 0);
  CHECK(mac.group_lookups == 0);
  mac.peer.uid = 777;
  CHECK(peer_identity(mac, 5)->groups == Groups{20, 12});
}

TEST_CASE("credentials that are short, of another version or miscounted give no identity") {
  FakeMac mac;
  mac.peer_length = 12;
  CHECK(peer_identity(mac, 5).error().code == base::Errc::parse);
  mac.peer_length = 76;
  mac.peer.version = 1;
  CHECK(peer_identity(mac, 5).error().code == base::Errc::parse);
  mac.peer.version = 0;
  for (const std::int16_t count : {17, -1}) {
    mac.peer.group_count = count;
    CHECK(peer_identity(mac, 5).error().code == base::Errc::parse);
  }
  mac.peer_error = ENOTCONN;
  CHECK_FALSE(peer_identity(mac, 5));
}

TEST_CASE("the administrators are the group admin, and membership is looked up") {
  FakeMac mac;
  CHECK(*find_group(mac, "") == 80);
  CHECK(*find_group(mac, "staff") == 20);
  CHECK(find_group(mac, "nobody").error().code == base::Errc::gone);
  mac.members[501] = {20, 80};
  CHECK(is_member(mac, 501, 80));
  CHECK_FALSE(is_member(mac, 502, 80));
}
