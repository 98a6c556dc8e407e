#pragma once

#include <memory>
#include <string>

#include "act/executor.h"
#include "act/recovery.h"
#include "darwin/fake_mac.h"
#include "platform/darwin/darwin.h"
#include "support/holder.h"
#include "support/temp_dir.h"

namespace m1opt::test {

/// The real executor and journal over a Mac in memory. The guardian is the real
/// second process, which knows this system's processes and not the Mac's: what
/// it would do on a Mac is undo_record, which the tests call themselves.
class MacRig : public Holder<MacRig> {
 public:
  MacRig() { guardian_.start().value(); }

  model::Action begin(model::ActionKind kind, ProcessId process) {
    return Holder::begin(kind, process, mac_.at(process.pid).path);
  }
  model::Outcome hold(model::ActionKind kind, ProcessId process) {
    mac_.advance(1000);
    return run(begin(kind, process));
  }
  act::UndoResult undo(const model::UndoRecord& record) {
    return act::undo_record(*control_, *table_, boot_, record);
  }

  FakeMac mac_;
  std::unique_ptr<platform::ProcessControl> control_ = mac::make_process_control(mac_);
  std::unique_ptr<platform::ProcessTable> table_ = mac::make_process_table(mac_);
  TempDir directory_;
  SystemClock clock_;  ///< the guardian's too: a deadline must not be past for it
  BootId boot_ = mac::read_boot_id(mac_).value();
  journal::UndoJournal journal_ = journal::UndoJournal::open(directory_ / "undo.db").value();
  act::GuardianLink guardian_{{std::string(M1OPT_BINARY_DIR) + "/tests/tools/m1opt_test_guardian",
                               directory_.path(), "-"}};
  act::Executor executor_{
      {*control_, *table_, journal_, guardian_, boot_, directory_.path(), false}};
  act::Companions companions_;
};

}  // namespace m1opt::test
