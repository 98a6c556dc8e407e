#include "client/context.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "client/render/text.h"

namespace m1opt::client {

Context make_context(const char* program) {
  Context context;
  context.program = program;
  const char* socket = std::getenv("M1OPT_SOCKET");
  context.socket = socket != nullptr && *socket != '\0' ? socket : M1OPT_DEFAULT_SOCKET;
  context.state_dir = M1OPT_DEFAULT_STATE_DIR;
  context.style = render::detect_style(STDOUT_FILENO, render::ColorChoice::automatic);
  return context;
}

void print(const Context& context, const std::string& text) {
  const std::string shown = context.style.utf8 ? text : render::to_ascii(text);
  std::fwrite(shown.data(), 1, shown.size(), stdout);
}

void complain(const Context& context, const std::string& text) {
  const std::string line = render::printable(text);
  const std::string shown = context.style.utf8 ? line : render::to_ascii(line);
  std::fflush(stdout);
  std::fprintf(stderr, "m1optctl: %s\n", shown.c_str());
}

int report(const Context& context, const Failure& failure) {
  const char* between = failure.text.ends_with('?') ? " " : ". ";
  complain(context, failure.fix.empty() ? failure.text : failure.text + between + failure.fix);
  return failure.exit_status;
}

}  // namespace m1opt::client
