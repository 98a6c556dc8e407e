#pragma once

#include <chrono>
#include <string>

#include "model/action.h"

namespace m1opt::test {

/// What every rig around an executor asks of it. The rig has executor_,
/// companions_ and clock_.
template <class Rig>
class Holder {
 public:
  model::Action begin(model::ActionKind kind, base::ProcessId process,
                      const std::string& executable) {
    model::Action action;
    action.verb = model::ActionVerb::begin;
    action.kind = kind;
    action.process = process;
    action.executable = executable;
    action.target = "testd";
    action.deadline = rig().clock_.now() + std::chrono::minutes(5);
    action.nice = -10;
    action.reason = "a test asks for it";
    return action;
  }
  model::Outcome run(const model::Action& action) {
    return rig().executor_.run({action}, rig().companions_, rig().clock_.now()).front();
  }
  model::Outcome end(model::RecordId record) {
    model::Action action;
    action.verb = model::ActionVerb::end;
    action.record = record;
    return run(action);
  }

 private:
  Rig& rig() { return static_cast<Rig&>(*this); }
};

}  // namespace m1opt::test
