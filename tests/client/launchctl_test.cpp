#include "client/launchctl.h"

#include <algorithm>

#include "support/catch.h"

using namespace m1opt::client;

namespace {

/// Of launchctl, in order.
std::vector<std::string> verbs(ServiceVerb verb, bool loaded) {
  std::vector<std::string> found;
  for (const auto& words : launchctl_words(verb, loaded)) {
    CHECK(std::find(words.begin(), words.end(), "-k") == words.end());
    found.push_back(words.at(1));
  }
  return found;
}

}  // namespace

TEST_CASE("a job that stayed down is kicked, one that is not there is loaded") {
  CHECK(verbs(ServiceVerb::start, true) == std::vector<std::string>{"kickstart"});
  CHECK(verbs(ServiceVerb::start, false) == std::vector<std::string>{"bootstrap"});
  CHECK(verbs(ServiceVerb::restart, false) == std::vector<std::string>{"bootstrap"});
  CHECK(verbs(ServiceVerb::stop, true) == std::vector<std::string>{"bootout"});
}

TEST_CASE("a restart lets the daemon end by itself: nothing kills it") {
  CHECK(verbs(ServiceVerb::restart, true) == std::vector<std::string>{"bootout", "bootstrap"});
}

TEST_CASE("loading is tried again while the old job ends, and nothing else is") {
  const auto load = launchctl_words(ServiceVerb::start, false).at(0);
  CHECK(is_still_ending(load, 5));
  CHECK(is_still_ending(load, 37));
  for (const int status : {0, 113, 119, 127, 150}) CHECK_FALSE(is_still_ending(load, status));
  CHECK_FALSE(is_still_ending(launchctl_words(ServiceVerb::stop, true).at(0), 5));
}
