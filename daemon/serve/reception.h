#pragma once

#include <optional>
#include <utility>

#include "serve/service.h"

namespace m1opt::serve {

/// Waits for a result that another thread delivers by calling `done` once.
/// `start(number, done)` sets that off; when it says false, nothing will come
/// and `accepted` is false. Empty after `time`: a later result is dropped.
template <class Result, class Start>
Task<std::optional<Result>> receive_result(Core& core, Duration time, Start start, bool& accepted) {
  struct Expectation {
    Service& service;
    std::uint64_t number;
    ~Expectation() { service.forget(number); }
  };
  asio::steady_timer timer(core.io);
  std::optional<Result> slot;
  const Expectation expected{core.service, core.service.expect([&timer] { timer.cancel(); })};
  // The slot is touched only while its number is expected, that is, while this waits.
  auto done = [weak = core.weak_from_this(), number = expected.number,
               into_slot = &slot](Result result) {
    const auto alive = weak.lock();
    if (!alive) return;
    asio::post(alive->io, [to = alive.get(), number, into_slot, result = std::move(result)]() mutable {
      to->service.deliver(number, [&] { *into_slot = std::move(result); });
    });
  };
  timer.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(time));
  accepted = start(expected.number, std::move(done));
  if (accepted) {
    ErrorCode ignored;
    co_await timer.async_wait(into(ignored));
  }
  co_return slot;
}

}  // namespace m1opt::serve
