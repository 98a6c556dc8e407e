// Children that no list of descendants shows when their parent is let go.
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <thread>

#include "act/inheritance.h"
#include "act/recovery.h"
#include "support/catch.h"
#include "support/executor_rig.h"

using namespace m1opt;
using namespace m1opt::model;
using namespace std::chrono_literals;
using m1opt::test::ChildProcess;
using m1opt::test::end_with_parent;
using m1opt::test::eventually;
using m1opt::test::ExecutorRig;

namespace {

constexpr std::size_t kLarge = 256UL << 20;  // its page tables take milliseconds to copy
constexpr int kMostChildren = 500;

/// A process that at SIGUSR1 starts a child with a session of its own.
ChildProcess daemon_starter() {
  return ChildProcess([] {
    const auto start = [](int) {
      if (::fork() != 0) return;
      ::setsid();
      ::alarm(60);  // whatever becomes of the test
      for (;;) ::pause();
    };
    ::signal(SIGUSR1, start);
  });
}

/// A process of many pages that starts children as fast as it can.
ChildProcess large_forker() {
  return ChildProcess([] {
    void* const memory = ::mmap(nullptr, kLarge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ::madvise(memory, kLarge, MADV_NOHUGEPAGE);
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    for (std::size_t at = 0; at < kLarge; at += page) static_cast<volatile char*>(memory)[at] = 1;
    std::thread([] {
      const pid_t self = ::getpid();
      for (int child = 0; child < kMostChildren; ++child) {
        if (::fork() == 0) {
          end_with_parent(self);
          for (;;) ::pause();
        }
      }
    }).detach();
  });
}

std::vector<ProcessInfo> children_of(ExecutorRig& rig, std::int32_t parent) {
  auto all = act::list_processes(*rig.table_);
  std::erase_if(all, [&](const ProcessInfo& info) { return info.parent != parent; });
  return all;
}

}  // namespace

TEST_CASE("a child that has left the session and outlived its parent is put back: its birth was seen") {
  M1OPT_NEEDS_PRIORITIES();
  ExecutorRig rig;
  ChildProcess parent = daemon_starter();
  const auto held = rig.hold(ActionKind::background, parent);
  REQUIRE(test::is_held(held));
  ::kill(parent.pid(), SIGUSR1);
  std::vector<ProcessInfo> children;
  REQUIRE(eventually([&] {
    children = children_of(rig, parent.pid());
    return children.size() == 1 && children.front().session == children.front().id.pid;
  }));
  const ProcessId child = children.front().id;
  rig.companions_.births = {{child, parent.id()}};
  rig.executor_.run({}, rig.companions_, rig.clock_.now());
  CHECK(rig.journal_.open_records().value().at(0).family == std::vector{child});
  parent.end();
  REQUIRE(::sched_getscheduler(child.pid) == SCHED_IDLE);
  rig.end(held.record);
  CHECK(::sched_getscheduler(child.pid) == SCHED_OTHER);
  ::kill(child.pid, SIGKILL);
}

TEST_CASE("a birth elsewhere, or from one that has the number of a held process, adds nothing to a record") {
  M1OPT_NEEDS_PRIORITIES();
  ExecutorRig rig;
  const ChildProcess target;
  const ChildProcess other;
  const auto held = rig.hold(ActionKind::background, target);
  REQUIRE(test::is_held(held));
  const ProcessId namesake{target.pid(), target.id().start + 1};
  rig.companions_.births = {{other.id(), namesake}, {other.id(), {1, 1}}, {other.id(), {target.pid(), 0}}};
  rig.executor_.run({}, rig.companions_, rig.clock_.now());
  CHECK(rig.executor_.open_records().at(held.record).family.empty());
  rig.end(held.record);
}

TEST_CASE("a child whose fork was under way when its parent was put back is put back after it, whoever undoes") {
  M1OPT_NEEDS_PRIORITIES();
  const ChildProcess parent = large_forker();  // first, so that it holds no copy of the guardian's socket
  const auto undo_by = GENERATE("daemon", "guardian", "recovery");
  INFO(undo_by);
  for (int round = 0; round < 5; ++round) {
    ExecutorRig rig;
    const auto held = rig.hold(ActionKind::background, parent);
    REQUIRE(test::is_held(held));
    const std::string_view undoer(undo_by);
    if (undoer == "daemon") {
      rig.end(held.record);
      rig.executor_.finish();
    } else if (undoer == "guardian") {
      rig.guardian_.drop();  // what it sees when the daemon dies
    } else {
      rig.guardian_.kill();
      CHECK(act::recover(rig.journal_, *rig.control_, *rig.table_, rig.boot_, rig.clock_.now(),
                         rig.directory_.path(), false).value().complete());
    }
    CHECK(eventually([&] {
      const auto children = children_of(rig, parent.pid());
      return std::none_of(children.begin(), children.end(), [](const ProcessInfo& child) { return child.background; });
    }, undoer == "guardian" ? 2s : 0s));
  }
}
