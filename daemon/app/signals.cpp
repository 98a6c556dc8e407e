#include "app/signals.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>

namespace m1opt::app {

namespace {

std::array<int, 2> ends{-1, -1};

void on_signal(int number) {
  const auto byte = static_cast<char>(number);
  [[maybe_unused]] const ssize_t written = ::write(ends[1], &byte, 1);
  if (number != SIGHUP) ::signal(number, SIG_DFL);
}

}  // namespace

void catch_signals() {
  if (::pipe(ends.data()) != 0) return;
  for (const int fd : ends) {
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
  }
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) ::sigaction(number, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

int signal_fd() { return ends[0]; }

int take_signal() {
  char byte = 0;
  return ::read(ends[0], &byte, 1) == 1 ? byte : 0;
}

}  // namespace m1opt::app
