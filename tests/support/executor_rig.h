#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "act/executor.h"
#include "support/catch.h"
#include "support/child_process.h"
#include "support/holder.h"
#include "support/temp_dir.h"

namespace m1opt::test {

/// May this process set priorities and take them back? Without CAP_SYS_NICE only suspend is left.
inline bool may_set_priorities() {
  static const bool may = [] {
    for (const auto& capability : platform::probe_capabilities()) {
      if (capability.name == "raise") return capability.available;
    }
    return false;
  }();
  return may;
}

inline std::vector<act::ActionRow> doable_actions() {
  if (!may_set_priorities()) WARN("left out: priorities need CAP_SYS_NICE here");
  std::vector<act::ActionRow> rows;
  for (const auto& row : act::action_table()) {
    if (is_stop(row.kind) || may_set_priorities()) rows.push_back(row);
  }
  return rows;
}

/// On a busy machine a stop may still be on its way when it is asked for and recorded.
inline bool is_held(const model::Outcome& outcome) {
  return outcome.code == model::OutcomeCode::applied || outcome.code == model::OutcomeCode::partial;
}

#define M1OPT_NEEDS_PRIORITIES()                         \
  if (!m1opt::test::may_set_priorities()) {              \
    WARN("left out: priorities need CAP_SYS_NICE here"); \
    return;                                              \
  }

/// An executor on the real kernel, with a real journal and the real guardian
/// as a process of its own (tests/tools/guardian.cpp).
class ExecutorRig : public Holder<ExecutorRig> {
 public:
  explicit ExecutorRig(bool inert = false)
      : boot_(platform::read_boot_id("").value()),
        journal_(journal::UndoJournal::open(directory_ / "undo.db").value()),
        guardian_({std::string(M1OPT_BINARY_DIR) + "/tests/tools/m1opt_test_guardian",
                   directory_.path(), "-"}),
        executor_({*control_, *table_, journal_, guardian_, boot_, directory_.path(), inert}) {
    if (!inert) guardian_.start().value();
  }

  model::Outcome hold(model::ActionKind kind, const ChildProcess& child) {
    companions_.targets.insert(child.pid());
    companions_.workloads["testd"].insert(child.pid());
    return run(begin(kind, child.id(), child.executable()));
  }

  std::unique_ptr<platform::ProcessControl> control_ = platform::make_process_control();
  std::unique_ptr<platform::ProcessTable> table_ = platform::make_process_table("");
  TempDir directory_;
  base::SystemClock clock_;
  base::BootId boot_;
  journal::UndoJournal journal_;
  act::GuardianLink guardian_;
  act::Executor executor_;
  act::Companions companions_;
};

}  // namespace m1opt::test
