#pragma once

#include <memory>

#include "base/units.h"
#include "serve/asio.h"

namespace m1opt::serve {

/// Cancels whatever waits on a socket when a time is over.
class Deadline {
 public:
  explicit Deadline(Socket& socket) : state_(std::make_shared<State>(socket)) {}
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline() { disarm(); }

  void arm(base::Duration time) {
    state_->expired = false;
    wait(state_, time, ++state_->turn);
  }
  void disarm() {
    ++state_->turn;
    state_->timer.cancel();
  }
  [[nodiscard]] bool expired() const { return state_->expired; }

 private:
  struct State {
    explicit State(Socket& s) : timer(s.get_executor()), socket(s) {}

    asio::steady_timer timer;
    Socket& socket;
    std::uint64_t turn{0};
    bool expired{false};
  };

  static void wait(const std::shared_ptr<State>& state, base::Duration time, std::uint64_t turn) {
    state->timer.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(time));
    state->timer.async_wait([weak = std::weak_ptr<State>(state), turn](const ErrorCode& error) {
      const auto locked = weak.lock();
      // Another turn: this expiry was on its way already and means nothing.
      if (error || !locked || locked->turn != turn) return;
      locked->expired = true;
      ErrorCode ignored;
      locked->socket.cancel(ignored);
      // A composed operation that was between two steps has not noticed: once more.
      wait(locked, std::chrono::milliseconds(20), turn);
    });
  }

  std::shared_ptr<State> state_;
};

}  // namespace m1opt::serve
