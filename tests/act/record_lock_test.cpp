#include "act/record_lock.h"

#include "support/catch.h"
#include "support/temp_dir.h"

using namespace m1opt;
using act::RecordLock;

TEST_CASE("for a holder of the lock that hangs an undoer waits once, not for each record") {
  const test::TempDir directory;
  RecordLock holder(directory.path());
  RecordLock waiter(directory.path());
  auto held = holder.acquire({});
  REQUIRE(held);
  CHECK(waiter.acquire(std::chrono::milliseconds(1)).error().code == base::Errc::busy);
  CHECK(waiter.acquire(std::chrono::hours(24)).error().code == base::Errc::busy);
  held->reset();
  CHECK(waiter.acquire({}));
}
