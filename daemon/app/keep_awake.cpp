#include "app/keep_awake.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace m1opt::app {

namespace {

/// A daemon that hangs keeps no machine awake for longer.
constexpr Duration kAtMost = std::chrono::minutes(5);
/// Half of it is left for what may go wrong.
constexpr Duration kRenewal = kAtMost / 2;
constexpr Duration kPatience = std::chrono::seconds(10);
constexpr Duration kFirstWait = std::chrono::seconds(60);
constexpr Duration kLongestWait = std::chrono::hours(1);
constexpr int kMostDoublings = 6;
/// Others read it (logind's list, `pmset -g assertions`), and it becomes the argument of a program
/// that runs as root: nothing in it comes from outside.
constexpr const char* kPublicReason = "a local LLM works (m1optctl status tells which)";

}  // namespace

decide::AwakeWish unless_inert(const decide::AwakeWish& wish, Mode own_mode,
                               const std::optional<Obstacle>& obstacle) {
  if (!wish.wanted || (own_mode == Mode::active && !obstacle)) return wish;
  const std::string why =
      own_mode == Mode::active ? obstacle->text : boost::describe::enum_to_string(own_mode, "?");
  return {false, fmt::format("nothing is changed ({}), or it would be kept awake: {}", why, wish.text)};
}

std::vector<decide::Reason> KeepAwake::follow(const decide::AwakeWish& wish, Instant now) {
  wish_ = wish;
  observe(now);
  if (!wish.wanted) {
    let_go(wish.text);
  } else if (!asked_ && (!failure_ || now >= failure_->retry) &&
             (!since_ || until_ - now <= kAtMost - kRenewal)) {
    ask(now);
    observe(now);
  }
  return std::exchange(reasons_, {});
}

std::vector<decide::Reason> KeepAwake::release(const std::string& why) {
  wish_ = {false, why};
  let_go(why);
  return std::exchange(reasons_, {});
}

AwakeStatus KeepAwake::status(Instant now) const {
  AwakeStatus status;
  status.wanted = wish_.wanted;
  status.held = since_.has_value();
  status.reason = wish_.text;
  status.since_instant = since_;
  if (since_) status.remaining = std::max(until_ - now, Duration{});
  if (failure_) {
    status.problem = failure_->error.what;
    status.unsupported = failure_->error.code == Errc::unsupported;
  }
  return status;
}

void KeepAwake::observe(Instant now) {
  const platform::SleepBlock seen = blocker_.check();
  const bool waiting = seen.waiting && !seen.fault;
  if (asked_ && !waiting && seen.held && !seen.fault) {
    until_ = *std::exchange(asked_, std::nullopt) + kAtMost;
    failure_.reset();
    if (!since_) {
      since_ = now;
      report(Severity::info, "the machine is kept from falling asleep by itself: " + wish_.text);
    }
  }
  const bool over = since_ && now >= until_;
  if (since_ && (!seen.held || over)) {
    end(Severity::warning, over ? "it was not renewed in time" : seen.fault ? seen.fault->what : "it ended");
  }
  if (seen.fault) {
    asked_.reset();
    // What ends because its time is over is as it should be.
    if (!over) fail(*seen.fault, now);
  } else if (asked_ && now - *asked_ >= kPatience) {
    asked_.reset();
    if (!since_) (void)blocker_.release();
    fail({Errc::busy, 0, "no answer within 10 s"}, now);
  }
}

void KeepAwake::ask(Instant now) {
  if (auto done = blocker_.hold(kAtMost, kPublicReason); !done) {
    fail(done.error(), now);
    return;
  }
  asked_ = now;
}

void KeepAwake::let_go(const std::string& why) {
  // One that answered only after it was given up is held too.
  const platform::SleepBlock seen = blocker_.check();
  if (!asked_ && !since_ && !seen.held && !seen.waiting) return;
  asked_.reset();
  const auto released = blocker_.release();
  if (!since_) return;
  end(released ? Severity::info : Severity::warning,
      released ? why : why + "; but: " + released.error().what + ", so in 5 min at the latest");
}

void KeepAwake::end(Severity severity, const std::string& why) {
  since_.reset();
  report(severity, "the machine may fall asleep again: " + why);
}

void KeepAwake::fail(const Error& error, Instant now) {
  const int count = failure_ ? failure_->count : 0;
  const Duration wait = std::min(kFirstWait * (1 << std::min(count, kMostDoublings)), kLongestWait);
  if (count == 0) {
    report(error.code == Errc::unsupported ? Severity::info : Severity::warning,
           "the machine cannot be kept awake: " + error.what);
  }
  failure_ = Failure{count + 1, now + wait, error};
}

void KeepAwake::report(Severity severity, std::string text) {
  reasons_.push_back({EventKind::awake, severity, std::move(text), {}, {}, {}});
}

}  // namespace m1opt::app
