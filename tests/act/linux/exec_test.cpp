// A target that becomes another program after it was found to be one.
#include "base/fault.h"

#ifdef M1OPT_FAULT_POINTS

#include <filesystem>

#include "act/proofs.h"
#include "stranger.h"
#include "support/catch.h"
#include "support/executor_rig.h"

using namespace m1opt;
using namespace m1opt::model;
using m1opt::test::ChildProcess;
using m1opt::test::eventually;

namespace {

std::string program_of(std::int32_t pid) {
  std::error_code gone;
  return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", gone).filename();
}

}  // namespace

TEST_CASE("a target that becomes another program between the last look and the act is released at once") {
  if (!test::may_set_priorities()) WARN("left out: priorities need CAP_SYS_NICE here");
  for (const auto* when : {"executor.after_journal", "executor.before_change", "executor.after_apply"}) {
    for (const test::Proof& proof : test::kProofs) {
      if (proof.needs_priorities && !test::may_set_priorities()) continue;
      INFO(boost::describe::enum_to_string(proof.kind, "?") << " at " << when);
      test::ExecutorRig rig;
      const ChildProcess child([&] {
        ::signal(SIGUSR1, [](int) { ::execl("/bin/sleep", "sleep", "100", nullptr); });
      });
      const auto own = test::values_of(child.pid());
      bool done = false;
      base::fault_hook([&](const char* point) {
        if (done || std::string(point) != when) return;
        done = true;
        const bool stopped = test::state_of(child.pid()) == 'T';
        ::kill(child.pid(), SIGUSR1);
        if (stopped) ::kill(child.pid(), SIGCONT);
        eventually([&] { return program_of(child.pid()) == "sleep"; },
                   std::chrono::seconds(20));
        if (stopped) ::kill(child.pid(), SIGSTOP);
      });
      const auto held = rig.hold(proof.kind, child);
      base::fault_hook({});
      INFO(held.text);
      CHECK(done);
      CHECK(held.code == OutcomeCode::changed);
      CHECK(rig.executor_.open_records().empty());
      CHECK(rig.journal_.open_records().value().empty());
      CHECK(program_of(child.pid()) == "sleep");
      CHECK(eventually([&] { return test::values_of(child.pid()) == own; }));
    }
  }
}

#endif
