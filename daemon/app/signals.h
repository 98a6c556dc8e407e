#pragma once

/// SIGTERM, SIGINT and SIGHUP as bytes on a descriptor, for the control loop.
namespace m1opt::app {

/// Installs the handlers; SIGPIPE is ignored. After the first SIGTERM or SIGINT
/// the default handler is back, so that a second one ends a stuck shutdown (the
/// guardian then undoes what is held).
void catch_signals();
int signal_fd();
/// The next signal caught, 0 if none.
int take_signal();

}  // namespace m1opt::app
