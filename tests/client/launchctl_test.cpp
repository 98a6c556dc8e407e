#include "client/launchctl.h"

#include "support/catch.h"

using namespace m1opt::client;

TEST_CASE("a job that stayed down is kicked, one that is not there is loaded") {
  CHECK(launchctl_words(ServiceVerb::start, true).at(1) == "kickstart");
  CHECK(launchctl_words(ServiceVerb::start, false).at(1) == "bootstrap");
  CHECK(launchctl_words(ServiceVerb::restart, true).at(2) == "-k");
  CHECK(launchctl_words(ServiceVerb::restart, false).at(1) == "bootstrap");
  CHECK(launchctl_words(ServiceVerb::stop, true).at(1) == "bootout");
}

TEST_CASE("loading is tried again while the old job ends, and nothing else is") {
  const auto load = launchctl_words(ServiceVerb::start, false);
  CHECK(is_still_ending(load, 5));
  CHECK(is_still_ending(load, 37));
  for (const int status : {0, 113, 119, 127, 150}) CHECK_FALSE(is_still_ending(load, status));
  CHECK_FALSE(is_still_ending(launchctl_words(ServiceVerb::stop, true), 5));
}
