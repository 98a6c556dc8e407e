#include "app/config_watch.h"

#include <utility>

namespace m1opt::app {

namespace {

/// Between the steps of an editor or of a copy.
constexpr Duration kRest = std::chrono::seconds(1);
/// A fault may be the half of a file that somebody still writes.
constexpr Duration kDoubt = std::chrono::seconds(3);

}  // namespace

/// A directory that is not there cannot be watched; its coming is seen by looking.
void ConfigWatch::arm() {
  const auto places = store_.files().places();
  if (watch_ || places.empty()) return;
  auto opened = open_(places);
  if (!opened) return;
  watch_ = std::move(*opened);
  // One event is as good as a hundred, so none is waited for until this one was looked into.
  poller_.add(watch_->fd.get(), Poller::Interest::readable, [this] {
    woken_ = true;
    disarm();
  });
}

void ConfigWatch::disarm() {
  if (!watch_) return;
  poller_.remove(watch_->fd.get());
  watch_.reset();
}

void ConfigWatch::await(std::string state, Instant until) {
  seen_ = std::move(state);
  due_ = until;
  doubted_ = false;
}

void ConfigWatch::rest() {
  seen_.clear();
  due_.reset();
  doubted_ = false;
}

std::optional<Result<void>> ConfigWatch::check(Instant now, WallTime wall) {
  if (!store_.config()->watch_config) {
    disarm();
    rest();
    return std::nullopt;
  }
  if (std::exchange(woken_, false)) {
    await(store_.files().fingerprint(), now + kRest);
    return std::nullopt;
  }
  if (due_ ? now < *due_ : watch_.has_value()) return std::nullopt;
  arm();  // before the look: what changes after it wakes again
  std::string state = store_.files().fingerprint();
  if (state == store_.fingerprint()) {
    rest();
    return std::nullopt;
  }
  if (state != seen_) {
    await(std::move(state), now + kRest);
    return std::nullopt;
  }
  auto loaded = store_.try_load(wall);
  if (!loaded && !doubted_) {
    doubted_ = true;
    due_ = now + kDoubt;
    return std::nullopt;
  }
  if (!loaded) loaded = store_.load(wall);
  rest();
  return loaded;
}

}  // namespace m1opt::app
