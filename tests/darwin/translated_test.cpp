#include "darwin/fake_mac.h"
#include "platform/darwin/darwin.h"
#include "support/catch.h"

using m1opt::platform::darwin::is_translated;
using m1opt::test::FakeMac;

TEST_CASE("only a program that Rosetta runs is translated") {
  FakeMac mac;
  mac.sysctls.erase("sysctl.proc_translated");
  CHECK_FALSE(is_translated(mac));
  mac.set_number("sysctl.proc_translated", 0);
  CHECK_FALSE(is_translated(mac));
  mac.set_number("sysctl.proc_translated", 1);
  CHECK(is_translated(mac));
}
