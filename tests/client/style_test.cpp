#include "client/render/style.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/catch.h"

using namespace m1opt::client::render;

namespace {

/// A terminal of our own to ask about.
m1opt::base::Fd open_terminal(m1opt::base::Fd& master) {
  master = m1opt::base::Fd(::posix_openpt(O_RDWR | O_NOCTTY));
  if (!master.valid() || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0) return {};
  return m1opt::base::Fd(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY));
}

}  // namespace

TEST_CASE("colour is for terminals, NO_COLOR takes it away, the option has the last word") {
  m1opt::base::Fd master;
  const m1opt::base::Fd terminal = open_terminal(master);
  if (!terminal.valid()) return;
  ::setenv("TERM", "xterm", 1);
  ::unsetenv("NO_COLOR");
  CHECK(detect_style(terminal.get(), ColorChoice::automatic).color);
  CHECK_FALSE(detect_style(terminal.get(), ColorChoice::never).color);
  ::setenv("NO_COLOR", "1", 1);
  CHECK_FALSE(detect_style(terminal.get(), ColorChoice::automatic).color);
  CHECK(detect_style(terminal.get(), ColorChoice::always).color);
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  CHECK_FALSE(detect_style(terminal.get(), ColorChoice::automatic).color);
  const m1opt::base::Fd file(::open("/dev/null", O_WRONLY));
  CHECK_FALSE(detect_style(file.get(), ColorChoice::automatic).color);
}

TEST_CASE("the locale decides about UTF-8, the first variable that is set") {
  ::setenv("LC_ALL", "C", 1);
  ::setenv("LANG", "en_US.UTF-8", 1);
  CHECK_FALSE(detect_style(1, ColorChoice::never).utf8);
  ::unsetenv("LC_ALL");
  ::unsetenv("LC_CTYPE");
  CHECK(detect_style(1, ColorChoice::never).utf8);
}

TEST_CASE("width is COLUMNS, not less than 40, and none for a file") {
  const m1opt::base::Fd file(::open("/dev/null", O_WRONLY));
  ::setenv("COLUMNS", "80", 1);
  CHECK(detect_style(file.get(), ColorChoice::never).width == 80);
  ::setenv("COLUMNS", "3", 1);
  CHECK(detect_style(file.get(), ColorChoice::never).width == 40);
  ::unsetenv("COLUMNS");
  CHECK(detect_style(file.get(), ColorChoice::never).width == 0);
}
