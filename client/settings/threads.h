#pragma once

#include <optional>
#include <string>

#include "model/reading.h"

namespace m1opt::client::settings {

/// num_thread: one for each performance core (of Intel's, that has two threads, one too).
struct Threads {
  std::optional<int> count;  ///< absent: better left to Ollama
  std::string why;           ///< a sentence
};
/// `root` stands before /sys; "" is the machine.
Threads choose_threads(const model::MachineReading& machine, const std::string& root);

/// Of a machine that is not this one.
Threads threads_of_another_machine();

}  // namespace m1opt::client::settings
