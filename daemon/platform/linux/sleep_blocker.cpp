#include "platform/linux/sleep_blocker.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "platform/linux/inhibitor.h"
#include "platform/posix/killed_children.h"

namespace m1opt::platform {

namespace {

/// logind's lock "idle" in the mode "block", by the program that comes with
/// it: it takes the lock, then runs a command, and the lock ends with it
/// (systemd-inhibit(1)). The command is `timeout SECONDS cat`. cat ends when
/// this process is gone, timeout when this process hangs; and that cat answers
/// shows that the lock was had. Not "sleep": closing the lid, the menu and an
/// empty battery still put the machine to sleep.
class LogindBlocker final : public SleepBlocker {
 public:
  LogindBlocker(InhibitorPlaces places, std::function<Result<void>(const std::string&)> trusted)
      : places_(std::move(places)), trusted_(std::move(trusted)) {}
  LogindBlocker(const LogindBlocker&) = delete;
  LogindBlocker& operator=(const LogindBlocker&) = delete;
  ~LogindBlocker() override { (void)LogindBlocker::release(); }

  Capability probe() override {
    const auto command = find_command();
    if (!command) return {"keep_awake", false, command.error().what};
    return {"keep_awake", true, "logind's lock against idle sleep, by " + command->inhibit};
  }

  Result<void> hold(Duration at_most, const std::string& reason) override {
    (void)ended_.reap();
    drop(next_);
    const auto command = find_command();
    if (!command) return command.error();
    auto started = Inhibitor::start(
        {command->inhibit, "--what=idle", "--mode=block", "--who=m1optd", "--why=" + reason,
         command->timeout, fmt::format("{:.0f}", seconds_of(at_most)), command->cat});
    if (!started) return started.error();
    next_.emplace(std::move(*started));
    return {};
  }

  SleepBlock check() override {
    (void)ended_.reap();
    SleepBlock seen;
    const auto fault_of = [&](std::optional<Inhibitor>& child, const Error& error) {
      child.reset();
      seen.fault = error;
    };
    if (current_) {
      if (const auto lasts = current_->check(); !lasts) fault_of(current_, lasts.error());
    }
    if (next_) {
      if (const auto begun = next_->check(); !begun) {
        fault_of(next_, begun.error());
      } else if (*begun) {
        // Only now, so that there is no moment without one.
        drop(current_);
        current_ = std::exchange(next_, std::nullopt);
        seen.fault.reset();
      }
    }
    seen.held = current_.has_value();
    seen.waiting = next_.has_value();
    return seen;
  }

  Result<void> release() override {
    drop(next_);
    drop(current_);
    (void)ended_.reap();
    return {};
  }

 private:
  struct Command {
    std::string inhibit;
    std::string timeout;
    std::string cat;
  };

  static Result<std::string> find(const std::vector<std::string>& places) {
    for (const std::string& place : places) {
      std::error_code error;
      if (std::filesystem::exists(place, error)) return place;
    }
    return Error{Errc::unsupported, 0, fmt::format("unsupported: there is no {}", fmt::join(places, " or "))};
  }

  Result<Command> find_command() const {
    if (auto bus = find(places_.bus); !bus) return bus.error();
    Command command;
    for (const auto& [name, places] : {std::pair{&command.inhibit, &places_.inhibit},
                                       std::pair{&command.timeout, &places_.timeout},
                                       std::pair{&command.cat, &places_.cat}}) {
      auto found = find(*places);
      if (!found) return found.error();
      if (auto trusted = trusted_(*found); !trusted) return trusted.error();
      *name = std::move(*found);
    }
    return command;
  }

  void drop(std::optional<Inhibitor>& child) {
    if (!child) return;
    if (const pid_t pid = child->kill(); pid != 0) ended_.add(pid);
    child.reset();
  }

  InhibitorPlaces places_;
  std::function<Result<void>(const std::string&)> trusted_;
  std::optional<Inhibitor> current_;  ///< has the lock
  std::optional<Inhibitor> next_;     ///< will take its place
  posix::KilledChildren ended_;
};

}  // namespace

std::unique_ptr<SleepBlocker> make_logind_blocker(
    InhibitorPlaces places, std::function<Result<void>(const std::string& path)> trusted) {
  return std::make_unique<LogindBlocker>(std::move(places), std::move(trusted));
}

std::unique_ptr<SleepBlocker> make_sleep_blocker(
    std::function<Result<void>(const std::string& path)> trusted) {
  return make_logind_blocker({}, std::move(trusted));
}

}  // namespace m1opt::platform
