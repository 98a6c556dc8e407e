#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/status.h"
#include "decide/policy.h"
#include "model/snapshot.h"
#include "platform/platform.h"

namespace m1opt::app {

using namespace m1opt::base;
using namespace m1opt::model;

/// Where nothing may be changed no wish is carried out; its text says what would have been.
decide::AwakeWish unless_inert(const decide::AwakeWish& wish, Mode own_mode,
                               const std::optional<Obstacle>& obstacle);

/// Carries out the wish to stay awake: asks, asks again well before the time
/// is over, lets go when the wish or this object ends. After a failure it waits
/// 60 s, twice as long each time, up to an hour, and reports the first alone.
class KeepAwake {
 public:
  explicit KeepAwake(platform::SleepBlocker& blocker) : blocker_(blocker) {}
  KeepAwake(const KeepAwake&) = delete;
  KeepAwake& operator=(const KeepAwake&) = delete;
  ~KeepAwake() { (void)blocker_.release(); }

  /// Once a tick; returns what is to be reported.
  std::vector<decide::Reason> follow(const decide::AwakeWish& wish, Instant now);
  /// At once, until the next follow().
  std::vector<decide::Reason> release(const std::string& why);
  [[nodiscard]] AwakeStatus status(Instant now) const;

 private:
  struct Failure {
    int count{0};
    Instant retry;
    Error error;
  };

  void observe(Instant now);
  void ask(Instant now);
  void let_go(const std::string& why);
  void end(Severity severity, const std::string& why);
  void fail(const Error& error, Instant now);
  void report(Severity severity, std::string text);

  platform::SleepBlocker& blocker_;
  decide::AwakeWish wish_;
  std::optional<Instant> asked_;  ///< and not answered yet
  std::optional<Instant> since_;  ///< kept awake since
  Instant until_;                 ///< of since_: it ends by itself
  std::optional<Failure> failure_;
  std::vector<decide::Reason> reasons_;
};

}  // namespace m1opt::app
