// What only Linux has: values per thread, the I/O class, the session group.
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

#include "act/executor.h"
#include "act/proofs.h"
#include "base/fault.h"
#include "support/catch.h"
#include "support/executor_rig.h"

using namespace m1opt;
using namespace m1opt::model;
using m1opt::test::ChildProcess;
using m1opt::test::end_with_parent;
using m1opt::test::eventually;
using m1opt::test::ExecutorRig;

namespace {

std::vector<std::int32_t> threads_of(std::int32_t pid) {
  std::vector<std::int32_t> tids;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    tids.push_back(std::stoi(entry.path().filename().string()));
  }
  return tids;
}

long io_class(std::int32_t tid) { return ::syscall(SYS_ioprio_get, 1, tid) >> 13; }

std::int64_t group_nice(std::int32_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/autogroup");
  std::string group;
  std::string word;
  std::int64_t nice = -99;
  in >> group >> word >> nice;
  return nice;
}

/// Keeps starting threads and children for as long as it lives.
void multiply() {
  for (int i = 0; i < 15; ++i) {
    std::thread([] {
      for (;;) ::pause();
    }).detach();
  }
  std::thread([] {
    const pid_t self = ::getpid();
    for (;;) {
      std::thread([] { ::usleep(400'000); }).detach();
      if (::fork() == 0) {
        end_with_parent(self);
        const pid_t child = ::getpid();
        if (::fork() == 0) end_with_parent(child);
        for (;;) ::usleep(600'000);
      }
      ::usleep(50'000);
    }
  }).detach();
}

/// Every thread of every process in the child's session.
std::vector<std::int32_t> session_threads(platform::ProcessTable& table, std::int32_t session) {
  std::vector<std::int32_t> tids;
  for (const std::int32_t pid : table.list().value()) {
    auto info = table.stat(pid);
    if (!info || info->session != session) continue;
    try {
      const auto own = threads_of(pid);
      tids.insert(tids.end(), own.begin(), own.end());
    } catch (const std::filesystem::filesystem_error&) {
      continue;  // ended while it was listed
    }
  }
  return tids;
}

}  // namespace

TEST_CASE("background reaches every thread, its I/O and its session group") {
  M1OPT_NEEDS_PRIORITIES();
  ExecutorRig rig;
  const ChildProcess child([] {
    for (int i = 0; i < 15; ++i) {
      std::thread([] {
        for (;;) ::pause();
      }).detach();
    }
  });
  const auto held = rig.hold(ActionKind::background, child);
  INFO(held.text);
  REQUIRE(held.code == OutcomeCode::applied);
  REQUIRE(threads_of(child.pid()).size() == 16);
  for (const auto tid : threads_of(child.pid())) {
    CHECK(::sched_getscheduler(tid) == SCHED_IDLE);
    CHECK(io_class(tid) == 3);
  }
  // Nice and policy count only inside a session: without this step a hog in a session of its own
  // keeps half of every core.
  CHECK(group_nice(child.pid()) == 19);
  CHECK(rig.end(held.record).code == OutcomeCode::undone);
  for (const auto tid : threads_of(child.pid())) {
    CHECK(::sched_getscheduler(tid) == SCHED_OTHER);
    CHECK(io_class(tid) == 0);
  }
  CHECK(group_nice(child.pid()) == 0);
}

TEST_CASE("after every action the threads and children that it found, and those born in it, are as before") {
  M1OPT_NEEDS_PRIORITIES();
  ExecutorRig rig;
  for (const test::Proof& proof : test::kProofs) {
    INFO(boost::describe::enum_to_string(proof.kind, "?"));
    const ChildProcess child(multiply);
    const auto held = rig.hold(proof.kind, child);
    INFO(held.text);
    if (!proof.per_thread) {
      CHECK(eventually([&] {
        for (const auto tid : threads_of(child.pid())) {
          if (test::state_of(tid) != 'T') return false;
        }
        return true;
      }));
    }
    REQUIRE(test::is_held(held));
    ::usleep(500'000);  // it goes on multiplying
    const auto ended = rig.end(held.record);
    INFO(ended.text);
    CHECK(ended.code == OutcomeCode::undone);
    int looked_at = 0;
    for (const auto tid : session_threads(*rig.table_, child.pid())) {
      const int policy = ::sched_getscheduler(tid);
      if (policy < 0) continue;  // ended in between
      ++looked_at;
      CHECK(policy == SCHED_OTHER);
      CHECK(::getpriority(PRIO_PROCESS, static_cast<id_t>(tid)) == 0);
      CHECK(io_class(tid) == 0);
      CHECK(eventually([&] { return test::state_of(tid) != 'T'; }));
    }
    CHECK(looked_at > (proof.per_thread ? 20 : 16));
  }
}

#ifdef M1OPT_FAULT_POINTS
TEST_CASE("a thread that is born between the list of threads and the first change is in the background too") {
  M1OPT_NEEDS_PRIORITIES();
  ExecutorRig rig;
  int order[2];
  int born[2];
  REQUIRE(::pipe(order) == 0);
  REQUIRE(::pipe(born) == 0);
  const ChildProcess child([&] {
    std::thread([&] {
      char byte = 0;
      if (::read(order[0], &byte, 1) != 1) return;
      std::thread([&] {
        [[maybe_unused]] auto said = ::write(born[1], "b", 1);
        for (;;) ::pause();
      }).detach();
      for (;;) ::pause();
    }).detach();
    ::usleep(1000);
  });
  bool told = false;
  base::fault_hook([&](const char* point) {
    if (told || std::string(point) != "executor.before_change") return;
    told = true;
    char byte = 0;
    CHECK(::write(order[1], "s", 1) == 1);
    CHECK(::read(born[0], &byte, 1) == 1);
  });
  const auto held = rig.hold(ActionKind::background, child);
  base::fault_hook({});
  INFO(held.text);
  REQUIRE(test::is_held(held));
  CHECK(threads_of(child.pid()).size() == 3);
  for (const auto tid : threads_of(child.pid())) CHECK(::sched_getscheduler(tid) == SCHED_IDLE);
  CHECK(rig.end(held.record).code == OutcomeCode::undone);
  for (const auto tid : threads_of(child.pid())) CHECK(::sched_getscheduler(tid) == SCHED_OTHER);
  for (const int fd : {order[0], order[1], born[0], born[1]}) ::close(fd);
}
TEST_CASE("a thread that ends while its value is read has no value") {
  M1OPT_NEEDS_PRIORITIES();
  ExecutorRig rig;
  for (const auto attribute : {model::Attribute::io_priority, model::Attribute::policy}) {
    const ChildProcess child;
    const model::Subject main{model::SubjectKind::thread, child.id(), child.id(), 0, {}};
    const auto before = rig.control_->read(attribute, main);
    REQUIRE(before);
    base::fault_hook([&](const char* point) {
      if (std::string(point) != "read.before") return;
      ::kill(child.pid(), SIGKILL);
      CHECK(eventually([&] { return test::state_of(child.pid()) == 'Z'; }));
    });
    const auto now = rig.control_->read(attribute, main);
    base::fault_hook({});
    REQUIRE(!now);
    CHECK(now.error().code == base::Errc::gone);
  }
}
#endif

TEST_CASE("orphans of a target that died while it was held get the old values back") {
  M1OPT_NEEDS_PRIORITIES();
  ExecutorRig rig;
  ChildProcess child([] {
    std::thread([] {
      ::usleep(100'000);  // after the hold has begun
      if (::fork() == 0) {
        // Survives its parent.
        ::prctl(PR_SET_PDEATHSIG, 0);
        ::alarm(20);
        for (;;) ::pause();
      }
    }).detach();
  });
  const auto held = rig.hold(ActionKind::background, child);
  REQUIRE(held.code == OutcomeCode::applied);
  std::int32_t orphan = 0;
  REQUIRE(eventually([&] {
    for (const auto pid : rig.table_->list().value()) {
      auto info = rig.table_->stat(pid);
      if (info && info->session == child.pid() && pid != child.pid()) orphan = pid;
    }
    return orphan != 0;
  }));
  REQUIRE(::sched_getscheduler(orphan) == SCHED_IDLE);
  child.end();
  CHECK(rig.end(held.record).code == OutcomeCode::undone);
  CHECK(::sched_getscheduler(orphan) == SCHED_OTHER);
  CHECK(group_nice(orphan) == 0);
  ::kill(orphan, SIGKILL);
}

TEST_CASE("a session group that also holds a stranger keeps its nice value") {
  M1OPT_NEEDS_PRIORITIES();
  ExecutorRig rig;
  const ChildProcess child([] {
    const pid_t self = ::getpid();
    if (::fork() == 0) {
      end_with_parent(self);
      for (;;) ::pause();
    }
  });
  const auto held = rig.hold(ActionKind::background, child);
  INFO(held.text);
  CHECK(held.code == OutcomeCode::partial);
  CHECK(held.text.find("session group also holds pid") != std::string::npos);
  CHECK(::sched_getscheduler(child.pid()) == SCHED_IDLE);
  CHECK(group_nice(child.pid()) == 0);
  rig.end(held.record);
}

TEST_CASE("of two targets in one session the group stays low until the last hold has ended") {
  M1OPT_NEEDS_PRIORITIES();
  ExecutorRig rig;
  int numbers[2];
  REQUIRE(::pipe(numbers) == 0);
  const ChildProcess first([&] {
    const pid_t self = ::getpid();
    const pid_t mate = ::fork();
    if (mate == 0) {
      end_with_parent(self);
      for (;;) ::pause();
    }
    [[maybe_unused]] auto n = ::write(numbers[1], &mate, sizeof mate);
  });
  pid_t mate = 0;
  REQUIRE(::read(numbers[0], &mate, sizeof mate) == sizeof mate);
  const base::ProcessId second{mate, test::start_of(mate)};
  rig.companions_.targets = {first.pid(), mate};
  const auto a = rig.run(rig.begin(ActionKind::background, first.id(), first.executable()));
  const auto b = rig.run(rig.begin(ActionKind::background, second, first.executable()));
  REQUIRE(a.code == OutcomeCode::applied);
  REQUIRE(b.code == OutcomeCode::applied);
  CHECK(group_nice(mate) == 19);
  CHECK(rig.end(a.record).code == OutcomeCode::undone);
  CHECK(group_nice(mate) == 19);
  CHECK(::sched_getscheduler(first.pid()) == SCHED_OTHER);
  CHECK(rig.end(b.record).code == OutcomeCode::undone);
  CHECK(group_nice(mate) == 0);
}

TEST_CASE("a thread that was idle before stays idle after") {
  M1OPT_NEEDS_PRIORITIES();
  ExecutorRig rig;
  const ChildProcess child([] {
    std::thread([] {
      const sched_param none{};
      ::sched_setscheduler(0, SCHED_IDLE, &none);
      for (;;) ::pause();
    }).detach();
    ::usleep(50'000);
  });
  const auto held = rig.hold(ActionKind::background, child);
  REQUIRE(held.record != 0);
  rig.end(held.record);
  int idle = 0;
  for (const auto tid : threads_of(child.pid())) idle += ::sched_getscheduler(tid) == SCHED_IDLE ? 1 : 0;
  CHECK(idle == 1);
}

TEST_CASE("somebody else's change to a held thread is left as it is") {
  M1OPT_NEEDS_PRIORITIES();
  ExecutorRig rig;
  const ChildProcess child;
  const auto held = rig.hold(ActionKind::background, child);
  const sched_param none{};
  REQUIRE(::sched_setscheduler(child.pid(), SCHED_BATCH, &none) == 0);
  const auto ended = rig.end(held.record);
  CHECK(ended.text.find("1 changed by somebody else and left") != std::string::npos);
  CHECK(::sched_getscheduler(child.pid()) == SCHED_BATCH);
}

TEST_CASE("a raise takes nothing from a process that has more already") {
  M1OPT_NEEDS_PRIORITIES();
  ExecutorRig rig;
  constexpr long kRealTimeIo = 1L << 13;
  const ChildProcess child([] { ::syscall(SYS_ioprio_set, 1, 0, kRealTimeIo); });
  if (io_class(child.pid()) != 1) {
    WARN("left out: the real-time I/O class needs CAP_SYS_ADMIN or CAP_SYS_NICE here");
    return;
  }
  const auto held = rig.hold(ActionKind::raise, child);
  INFO(held.text);
  REQUIRE(test::is_held(held));
  CHECK(::getpriority(PRIO_PROCESS, static_cast<id_t>(child.pid())) == -10);
  CHECK(io_class(child.pid()) == 1);
  rig.end(held.record);
  CHECK(io_class(child.pid()) == 1);
}

TEST_CASE("an inert executor leaves the session group as it is") {
  M1OPT_NEEDS_PRIORITIES();
  ExecutorRig rig(true);
  const ChildProcess child;
  rig.hold(ActionKind::background, child);
  rig.hold(ActionKind::raise, child);
  CHECK(group_nice(child.pid()) == 0);
  CHECK(::sched_getscheduler(child.pid()) == SCHED_OTHER);
}
