#pragma once

#include <string>

#include "client/failure.h"
#include "client/render/style.h"

namespace m1opt::client {

/// What every verb knows: where the daemon is, how to print, the options that
/// all verbs share.
struct Context {
  std::string program;  ///< argv[0], to find the daemon installed beside the client
  std::string socket;
  std::string state_dir;
  render::Style style;  ///< of standard output
  bool dry_run{false};
};

/// The defaults of this system; M1OPT_SOCKET replaces the socket's path.
Context make_context(const char* program);

/// Writes to standard output, in the characters the terminal can show.
void print(const Context& context, const std::string& text);
/// Writes one line to standard error, headed by the program's name.
void complain(const Context& context, const std::string& text);
/// Says what failed and its fix on standard error; returns the exit status.
int report(const Context& context, const Failure& failure);

}  // namespace m1opt::client
