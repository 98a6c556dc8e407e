#pragma once

#include <chrono>

#include "client/failure.h"

/// For verbs that have something to put back before they end.
namespace m1opt::client {

/// From now on the first SIGINT, SIGTERM or SIGHUP only sets a flag; a second one ends the program
/// as ever. What is ignored (nohup) stays ignored.
void catch_interrupts();
bool interrupted();
/// False when it was cut short by one.
bool wait_uninterrupted(std::chrono::milliseconds time);
/// "interrupted", with 128 + the signal's number as the exit status.
Failure interruption();

}  // namespace m1opt::client
