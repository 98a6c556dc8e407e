#include "app/instance_lock.h"

#include "support/catch.h"
#include "support/temp_dir.h"

using namespace m1opt;
using app::acquire_instance_lock;
using app::acquire_recovery_lock;
using base::Errc;

TEST_CASE("of two daemons on one directory the second is refused") {
  const test::TempDir directory;
  {
    const auto first = acquire_instance_lock(directory.path());
    REQUIRE(first);
    CHECK(acquire_instance_lock(directory.path()).error().code == Errc::busy);
  }
  CHECK(acquire_instance_lock(directory.path()));
}

TEST_CASE("a recovery that hangs keeps a daemon from its holds, but not the next recovery") {
  const test::TempDir directory;
  const auto hung = acquire_recovery_lock(directory.path());
  REQUIRE(hung);
  CHECK(acquire_recovery_lock(directory.path()));
  CHECK(acquire_instance_lock(directory.path()).error().code == Errc::busy);
}

TEST_CASE("beside a daemon a recovery knows that there is one") {
  const test::TempDir directory;
  const auto daemon = acquire_instance_lock(directory.path());
  REQUIRE(daemon);
  CHECK(acquire_recovery_lock(directory.path()).error().code == Errc::busy);
}
