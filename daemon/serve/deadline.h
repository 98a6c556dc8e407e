#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "base/units.h"
#include "serve/asio.h"

namespace m1opt::serve {

/// Cancels whatever waits on a socket when a time is over. Arming and disarming
/// only note the time: the timer that runs already is moved when it is due, so
/// that a busy connection moves it once in some seconds and not with each request.
class Deadline {
 public:
  explicit Deadline(Socket& socket) : state_(std::make_shared<State>(socket)) {}
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline() {
    state_->due.reset();
    state_->timer.cancel();
  }

  void arm(base::Duration time) {
    state_->expired = false;
    state_->due = Clock::now() + std::chrono::duration_cast<Clock::duration>(time);
    if (!state_->wakes || *state_->wakes > *state_->due) wait(state_, *state_->due);
  }
  void disarm() { state_->due.reset(); }
  [[nodiscard]] bool expired() const { return state_->expired; }

 private:
  using Clock = asio::steady_timer::clock_type;

  struct State {
    explicit State(Socket& s) : timer(s.get_executor()), socket(s) {}

    asio::steady_timer timer;
    Socket& socket;
    std::optional<Clock::time_point> due;
    std::optional<Clock::time_point> wakes;
    bool expired{false};
  };

  static void wait(const std::shared_ptr<State>& state, Clock::time_point until) {
    state->wakes = until;
    state->timer.expires_at(until);
    state->timer.async_wait([weak = std::weak_ptr<State>(state), until](const ErrorCode& error) {
      const auto locked = weak.lock();
      // Another time: the timer was moved when this expiry was on its way already.
      if (error || !locked || locked->wakes != until) return;
      locked->wakes.reset();
      if (!locked->due) return;
      if (Clock::now() < *locked->due) return wait(locked, *locked->due);
      locked->expired = true;
      ErrorCode ignored;
      locked->socket.cancel(ignored);
      // A composed operation that was between two steps has not noticed: once more.
      wait(locked, Clock::now() + std::chrono::milliseconds(20));
    });
  }

  std::shared_ptr<State> state_;
};

}  // namespace m1opt::serve
