#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/action.h"

namespace m1opt::act {

using namespace m1opt::base;
using namespace m1opt::model;

OutcomeCode code_of(Errc code);

/// The action's own fields; code and text are still to come.
Outcome outcome_of(const Action& action, RecordId record);

Outcome failed(Outcome outcome, const Error& error);

/// "text (note; other note)", each note once.
std::string with_notes(std::string text, std::vector<std::string> notes);

/// An error of the journal or the guardian. Whatever its kind (a guardian that died is `gone`, a
/// file that was replaced `changed`), it says nothing of the process.
Error not_of_the_process(const Error& error);

}  // namespace m1opt::act
