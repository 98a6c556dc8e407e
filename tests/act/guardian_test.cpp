#include "act/guardian.h"

#include <sys/socket.h>

#include "support/catch.h"
#include "support/executor_rig.h"

using namespace m1opt;
using namespace m1opt::model;
using m1opt::test::ChildProcess;
using m1opt::test::eventually;
using m1opt::test::ExecutorRig;

TEST_CASE("the guardian releases a hold soon after its deadline, daemon alive or not") {
  ExecutorRig rig;
  const ChildProcess child;
  auto action = rig.begin(ActionKind::suspend, child.id(), child.executable());
  action.deadline = rig.clock_.now() + std::chrono::milliseconds(200);
  REQUIRE(test::is_held(rig.run(action)));
  CHECK(eventually([&] { return child.state() == 'S'; }, std::chrono::milliseconds(2500)));
  CHECK(rig.guardian_.revoked());
}

TEST_CASE("a revoked daemon does nothing until it has read the journal again") {
  ExecutorRig rig;
  const ChildProcess held;
  const ChildProcess next;
  auto action = rig.begin(ActionKind::suspend, held.id(), held.executable());
  action.deadline = rig.clock_.now();
  REQUIRE(test::is_held(rig.run(action)));
  REQUIRE(eventually([&] { return held.state() == 'S'; }));
  const auto refused = rig.hold(ActionKind::suspend, next);
  CHECK(refused.code == OutcomeCode::unready);
  CHECK(next.state() == 'S');
  const auto outcomes = rig.executor_.reread_journal();
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].code == OutcomeCode::undone);
  CHECK(rig.executor_.open_records().empty());
  CHECK(test::is_held(rig.hold(ActionKind::suspend, next)));
}

TEST_CASE("the guardian ignores SIGTERM while it holds something, and ends when it does not") {
  ExecutorRig rig;
  const ChildProcess child;
  const auto held = rig.hold(ActionKind::suspend, child);
  const auto pid = rig.guardian_.status().pid;
  ::kill(pid, SIGTERM);
  ::usleep(200'000);
  CHECK(test::state_of(pid) == 'S');
  rig.end(held.record);
  CHECK(eventually([&] { return test::state_of(pid) == 'Z'; }));
}

TEST_CASE("the guardian has a session of its own, so that a signal to the daemon's group misses it") {
  ExecutorRig rig;
  const auto pid = rig.guardian_.status().pid;
  CHECK(::getsid(pid) == pid);
  CHECK(::getsid(pid) != ::getsid(0));
}

TEST_CASE("a guardian that is replaced learns nothing it does not need: it starts with no records") {
  ExecutorRig rig;
  const ChildProcess child;
  const auto held = rig.hold(ActionKind::suspend, child);
  REQUIRE(held.record != 0);
  rig.executor_.release_all("its guardian has died");
  rig.guardian_.kill();
  REQUIRE(rig.guardian_.start());
  CHECK(eventually([&] { return child.state() == 'S'; }));
  CHECK(test::is_held(rig.hold(ActionKind::suspend, child)));
  CHECK(eventually([&] { return child.state() == 'T'; }));
}
