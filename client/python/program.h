#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "client/failure.h"

namespace m1opt::client::python {

/// A program of the user's own, with the user's environment; no shell is asked.
struct Call {
  std::vector<std::string> words;  ///< the first is a path
  base::Duration patience{};       ///< then it is killed
  /// Told what it has said so far, several times a second.
  std::function<void(const std::string& output)> watch{};
};

struct CallResult {
  int status{0};  ///< 128 + n when signal n ended it
  bool timed_out{false};
  std::string output;  ///< both outputs together, at most 256 KiB
};

/// Runs a call to its end. A failure: it could not be started, root would run what somebody else can
/// change, or an interrupt (client/interrupt.h) ended it and what it started.
using Runner = std::function<Expected<CallResult>(const Call&)>;
Expected<CallResult> run_program(const Call& call);

/// The last line that says something, without what a terminal acts on.
std::string last_line(const std::string& output);

}  // namespace m1opt::client::python
