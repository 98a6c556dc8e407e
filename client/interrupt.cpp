#include "client/interrupt.h"

#include <signal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

namespace m1opt::client {
namespace {

std::atomic<int> caught{0};
static_assert(std::atomic<int>::is_always_lock_free, "used in a signal handler");

void note(int number) { caught = number; }

}  // namespace

void catch_interrupts() {
  for (const int number : std::array{SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    ::sigaction(number, nullptr, &before);
    if (before.sa_handler == SIG_IGN) continue;
    struct sigaction action {};
    action.sa_handler = note;
    // No SA_RESTART: a wait must see it.
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(number, &action, nullptr);
  }
}

bool interrupted() { return caught != 0; }

bool wait_uninterrupted(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (!interrupted() && std::chrono::steady_clock::now() < end) {
    // A signal ends no sleep of the standard library.
    std::this_thread::sleep_for(std::min(time, std::chrono::milliseconds(50)));
  }
  return !interrupted();
}

Failure interruption() { return {128 + caught, "interrupted", ""}; }

}  // namespace m1opt::client
