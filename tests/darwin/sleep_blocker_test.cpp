#include "darwin/fake_mac.h"
#include "platform/darwin/darwin.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::platform::darwin;
using m1opt::test::FakeMac;

using std::chrono::minutes;

TEST_CASE("renewing leaves no moment without an assertion and none too many") {
  FakeMac mac;
  auto blocker = make_sleep_blocker(mac);
  REQUIRE(blocker->hold(minutes(3), "a model works"));
  CHECK(mac.assertions.at(1) == "a model works for 180 s");
  REQUIRE(blocker->hold(minutes(3), "a model works"));
  CHECK(mac.assertions.size() == 1);
  CHECK(mac.assertions.contains(2));
  REQUIRE(blocker->release());
  CHECK(mac.assertions.empty());
  REQUIRE(blocker->release());
}

TEST_CASE("an assertion that cannot be renewed stays until its time is over") {
  FakeMac mac;
  auto blocker = make_sleep_blocker(mac);
  REQUIRE(blocker->hold(minutes(3), "a model works"));
  mac.has_iokit = false;
  CHECK(blocker->hold(minutes(3), "a model works").error().code == base::Errc::unsupported);
  CHECK(mac.assertions.size() == 1);
}

TEST_CASE("an assertion ends with who made it") {
  FakeMac mac;
  {
    auto blocker = make_sleep_blocker(mac);
    REQUIRE(blocker->hold(minutes(3), std::string(500, 'x')));
    CHECK(mac.assertions.at(1).find('x') == 0);
    CHECK(mac.assertions.at(1).size() < 140);
  }
  CHECK(mac.assertions.empty());
}

TEST_CASE("an assertion that ran out, because nobody renewed it, is made anew") {
  FakeMac mac;
  auto blocker = make_sleep_blocker(mac);
  REQUIRE(blocker->hold(minutes(3), "a model works"));
  mac.assertions.clear();
  REQUIRE(blocker->hold(minutes(3), "a model works"));
  CHECK(mac.assertions.size() == 1);
  CHECK(blocker->check().held);
}

TEST_CASE("whether it can be had is tried, and taken back") {
  FakeMac mac;
  auto blocker = make_sleep_blocker(mac);
  CHECK(blocker->probe().available);
  CHECK(blocker->probe().text == "a power assertion against idle sleep, read back and taken back");
  CHECK(mac.assertions.empty());
  CHECK_FALSE(blocker->check().held);
  mac.has_iokit = false;
  CHECK(blocker->probe().text == "IOKit cannot be opened");
}

TEST_CASE("an assertion that is gone is not said to be held") {
  FakeMac mac;
  auto blocker = make_sleep_blocker(mac);
  REQUIRE(blocker->probe().available);
  REQUIRE(blocker->hold(minutes(3), "a model works"));
  CHECK(blocker->check().held);
  mac.assertions.clear();
  CHECK_FALSE(blocker->check().held);
}

TEST_CASE("where assertions cannot be read back, that one was made is what is known") {
  FakeMac mac;
  mac.iokit_lacks = "IOPMAssertionCopyProperties";
  auto blocker = make_sleep_blocker(mac);
  const auto capability = blocker->probe();
  CHECK(capability.available);
  CHECK(capability.text ==
        "a power assertion against idle sleep, taken back; not read back: IOKit has no IOPMAssertionCopyProperties");
  REQUIRE(blocker->hold(minutes(3), "a model works"));
  CHECK(blocker->check().held);
}
