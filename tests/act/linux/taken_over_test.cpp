// What daemon and guardian do with one process when the guardian has taken over: the daemon was stopped or slow
// between two of its lines, and goes on where it was.
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string_view>
#include <thread>

#include "base/fault.h"
#include "support/catch.h"
#include "support/executor_rig.h"

using namespace m1opt;
using namespace m1opt::model;
using namespace std::chrono_literals;
using m1opt::test::ChildProcess;
using m1opt::test::eventually;
using m1opt::test::ExecutorRig;

namespace {

constexpr long kBestEffort = (2L << 13) | 4;

/// A process that starts one thread more at SIGUSR1.
ChildProcess thread_starter() {
  return ChildProcess([] {
    sigset_t asked;
    ::sigemptyset(&asked);
    ::sigaddset(&asked, SIGUSR1);
    ::sigprocmask(SIG_BLOCK, &asked, nullptr);
    std::thread([asked] {
      int number = 0;
      ::sigwait(&asked, &number);
      std::thread([] {
        for (;;) ::pause();
      }).detach();
      for (;;) ::pause();
    }).detach();
  });
}

std::vector<base::ProcessId> threads_of(ExecutorRig& rig, const ChildProcess& child) {
  return rig.control_->threads(child.id()).value();
}

bool has_taken_over(ExecutorRig& rig) {
  return rig.guardian_.revoked() && rig.journal_.open_records().value().empty();
}

}  // namespace

TEST_CASE("one that somebody stops after the guardian has released it stays stopped, though the daemon hangs") {
  ExecutorRig rig;
  const ChildProcess child;
  auto action = rig.begin(ActionKind::suspend, child.id(), child.executable());
  action.deadline = rig.clock_.now();
  REQUIRE(test::is_held(rig.run(action)));
  REQUIRE(eventually([&] { return child.state() == 'S' && has_taken_over(rig); }));
  ::kill(child.pid(), SIGSTOP);
  REQUIRE(eventually([&] { return child.state() == 'T'; }));
  CHECK_FALSE(eventually([&] { return child.state() != 'T'; }, 1500ms));  // three of the guardian's looks
}

#ifdef M1OPT_FAULT_POINTS
TEST_CASE("what the daemon stops although the guardian has taken over is released by the guardian") {
  ExecutorRig rig;
  const ChildProcess child;
  auto action = rig.begin(ActionKind::suspend, child.id(), child.executable());
  action.deadline = rig.clock_.now();
  bool stopped = false;
  bool released = false;
  base::fault_hook([&](const char* name) {
    const std::string_view point(name);
    if (point == "executor.before_change") CHECK(eventually([&] { return has_taken_over(rig); }));
    if (point != "executor.after_change") return;
    stopped = eventually([&] { return child.state() == 'T'; }, 300ms);
    released = eventually([&] { return child.state() == 'S'; });
  });
  const auto outcome = rig.run(action);
  base::fault_hook({});
  CHECK(stopped);
  CHECK(released);
  CHECK_FALSE(test::is_held(outcome));
  CHECK(rig.executor_.open_records().empty());
}

TEST_CASE("what is added to a hold while the guardian takes over is undone at once") {
  M1OPT_NEEDS_PRIORITIES();
  ExecutorRig rig;
  const ChildProcess child = thread_starter();
  auto action = rig.begin(ActionKind::background, child.id(), child.executable());
  rig.companions_.targets.insert(child.pid());
  action.deadline = rig.clock_.now() + 2s;
  const auto held = rig.run(action);
  REQUIRE(test::is_held(held));
  ::kill(child.pid(), SIGUSR1);
  REQUIRE(eventually([&] { return threads_of(rig, child).size() == 3; }));
  const pid_t newcomer = threads_of(rig, child).back().pid;
  const sched_param none{};
  REQUIRE(::sched_setscheduler(newcomer, SCHED_OTHER, &none) == 0);
  // In every value it differs: else what the guardian puts back would make it a newcomer once more,
  // and be noticed by that.
  REQUIRE(::syscall(SYS_ioprio_set, 1, newcomer, kBestEffort) == 0);
  action.verb = ActionVerb::extend;
  action.record = held.record;
  const auto guardian = rig.guardian_.status().pid;
  bool came = false;
  base::fault_hook([&](const char* name) {
    if (std::string_view(name) != "executor.after_newcomers_record") return;
    came = true;
    CHECK(eventually([&] { return has_taken_over(rig); }));
    ::kill(guardian, SIGSTOP);  // what follows is the daemon's own doing
  });
  const auto outcome = rig.run(action);
  base::fault_hook({});
  CHECK(came);
  CHECK(outcome.code == OutcomeCode::unready);
  CHECK(::sched_getscheduler(newcomer) == SCHED_OTHER);
  CHECK(rig.executor_.open_records().empty());
  rig.guardian_.kill();
}
#endif
