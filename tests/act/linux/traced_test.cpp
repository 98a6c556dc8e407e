// A process that a debugger or strace has taken hold of.
#include <sys/ptrace.h>

#include "support/catch.h"
#include "support/executor_rig.h"

using namespace m1opt;
using namespace m1opt::model;
using m1opt::test::ChildProcess;
using m1opt::test::eventually;

namespace {

/// As strace and gdb -p do it; let go with its end, after which the kernel goes back to the stop.
class Tracer {
 public:
  explicit Tracer(const ChildProcess& child) : pid_(child.pid()) {
    attached_ = ::ptrace(PTRACE_SEIZE, pid_, nullptr, nullptr) == 0 &&
                ::ptrace(PTRACE_INTERRUPT, pid_, nullptr, nullptr) == 0 &&
                ::waitpid(pid_, nullptr, __WALL) == pid_;
  }
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;
  ~Tracer() { let_go(); }

  [[nodiscard]] bool attached() const { return attached_; }
  void let_go() {
    if (attached_) ::ptrace(PTRACE_DETACH, pid_, nullptr, nullptr);
    attached_ = false;
  }

 private:
  pid_t pid_;
  bool attached_{false};
};

}  // namespace

TEST_CASE("a hold that ends while its process is traced leaves it running when the tracer lets go") {
  test::ExecutorRig rig;
  const ChildProcess child;
  const auto held = rig.hold(ActionKind::suspend, child);
  REQUIRE(test::is_held(held));
  REQUIRE(eventually([&] { return child.state() == 'T'; }));
  Tracer tracer(child);
  if (!tracer.attached()) {
    WARN("left out: nobody may be traced here");
    return;
  }
  REQUIRE(child.state() == 't');
  CHECK(rig.end(held.record).code == OutcomeCode::undone);
  tracer.let_go();
  CHECK(eventually([&] { return child.state() == 'S'; }));
}

TEST_CASE("a process that is traced is left as found") {
  test::ExecutorRig rig;
  const ChildProcess child;
  Tracer tracer(child);
  if (!tracer.attached()) {
    WARN("left out: nobody may be traced here");
    return;
  }
  CHECK(rig.hold(ActionKind::suspend, child).code == OutcomeCode::changed);
  tracer.let_go();
  CHECK(eventually([&] { return child.state() == 'S'; }));
}
