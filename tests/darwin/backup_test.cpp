#include <cerrno>

#include "darwin/fake_mac.h"
#include "platform/darwin/darwin.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::model;
using m1opt::test::FakeMac;

TEST_CASE("a backup is ended by the system's own tmutil, by its path and with one word") {
  FakeMac mac;
  const auto outcome = platform::darwin::stop_backup(mac, {ErrandKind::stop_backup, {}, "backup", "because"});
  CHECK(outcome.result == ErrandResult::done);
  CHECK(outcome.text == "tmutil stopbackup exited with 0");
  REQUIRE(mac.tools.size() == 1);
  CHECK(mac.tools[0].path == "/usr/bin/tmutil");
  CHECK(mac.tools[0].arguments == std::vector<std::string>{"stopbackup"});
}

TEST_CASE("a tmutil that fails, hangs or is not there is said so") {
  FakeMac mac;
  const ErrandRequest request{ErrandKind::stop_backup, {}, "backup", "because"};
  mac.tool_exit = {70, {}, false, "stopbackup: \x1b[1mdenied\n"};
  auto outcome = platform::darwin::stop_backup(mac, request);
  CHECK(outcome.result == ErrandResult::failed);
  CHECK(outcome.text == "tmutil stopbackup exited with 70: stopbackup:  [1mdenied");
  mac.tool_exit = {{}, 9, true, {}};
  outcome = platform::darwin::stop_backup(mac, request);
  CHECK(outcome.result == ErrandResult::failed);
  CHECK(outcome.text == "tmutil stopbackup was killed after 10 s");
}
