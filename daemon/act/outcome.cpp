#include "act/outcome.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace m1opt::act {

OutcomeCode code_of(Errc code) {
  switch (code) {
    case Errc::gone: return OutcomeCode::gone;
    case Errc::not_permitted: return OutcomeCode::not_permitted;
    case Errc::changed: return OutcomeCode::changed;
    case Errc::unready: return OutcomeCode::unready;
    case Errc::unsupported:
    case Errc::busy:
    case Errc::parse:
    case Errc::io: return OutcomeCode::failed;
  }
  return OutcomeCode::failed;
}

Outcome outcome_of(const Action& action, RecordId record) {
  return {action.verb, action.kind,   action.process,  action.target, record, {}, {},
          action.reason, action.deadline, action.command};
}

Outcome failed(Outcome outcome, const Error& error) {
  outcome.code = code_of(error.code);
  outcome.text = error.what;
  return outcome;
}

std::string with_notes(std::string text, std::vector<std::string> notes) {
  std::sort(notes.begin(), notes.end());
  notes.erase(std::unique(notes.begin(), notes.end()), notes.end());
  if (!notes.empty()) text += fmt::format(" ({})", fmt::join(notes, "; "));
  return text;
}

Error not_of_the_process(const Error& error) { return {Errc::unready, error.os_errno, error.what}; }

}  // namespace m1opt::act
