// What the control loop does with its configuration.
#include <fmt/format.h>

#include "app/control_loop.h"
#include "platform/platform.h"
#include "wire/config_diff.h"

namespace m1opt::app {

namespace {

constexpr std::size_t kToldChanges = 3;

/// "limits.max_suspended 3 -> 2, ... and 4 more"
std::string describe_changes(const std::vector<wire::CommandChange>& changes) {
  if (changes.empty()) return "nothing changed";
  std::string text;
  for (std::size_t i = 0; i < changes.size() && i < kToldChanges; ++i) {
    const wire::CommandChange& change = changes[i];
    text += fmt::format("{}{} {:.60} -> {:.60}", i == 0 ? "" : ", ", change.name, change.old,
                        change.new_);
  }
  if (changes.size() > kToldChanges) {
    text += fmt::format(" and {} more", changes.size() - kToldChanges);
  }
  return text;
}

}  // namespace

void ControlLoop::reload() {
  const auto before = parts_.config.config();
  note_config(parts_.config.load(parts_.clock.wall()), *before);
}

void ControlLoop::follow_config() {
  const auto before = parts_.config.config();
  const std::string fault = parts_.config.status().fault.value_or("");
  const auto loaded = config_watch_.check(parts_.clock.now(), parts_.clock.wall());
  if (!loaded) return;
  // The same fault again is no news, and neither is a file that was only touched.
  if (!*loaded && loaded->error().what == fault) return;
  if (*loaded && fault.empty() && *parts_.config.config() == *before) return;
  note_config(*loaded, *before);
}

void ControlLoop::note_config(const Result<void>& loaded, const Config& before) {
  if (!loaded) {
    report(EventKind::config_rejected, Severity::error,
           "the config is rejected, the old one stays: " + loaded.error().what);
    return;
  }
  const ConfigStatus& status = parts_.config.status();
  const auto changes = wire::find_changes(before, *parts_.config.config());
  report(EventKind::config_reloaded, Severity::info,
         fmt::format("config read from {}, profile {}: {}", status.path, status.profile,
                     describe_changes(changes)));
  if (!changes.empty()) check_group();
}

/// Answered here: only now is it known whether the choice could be kept.
void ControlLoop::use_profiles(const std::vector<Command>& commands) {
  for (const Command& command : commands) {
    const std::string& choice = std::get<ProfileCommand>(command.body).choice;
    const auto before = parts_.config.config();
    const auto chosen = parts_.config.choose_profile({choice, command.uid}, parts_.clock.wall());
    if (!chosen) {
      const bool faulty = chosen.error().code == Errc::parse;
      replies_.push_back({command.id, faulty ? ReplyCode::unprocessable : ReplyCode::failed,
                          chosen.error().what});
      continue;
    }
    note_config(chosen, *before);
    const ConfigStatus& status = parts_.config.status();
    replies_.push_back({command.id, ReplyCode::ok,
                        fmt::format("profile {}: {}; {}", status.profile, status.profile_reason,
                                    describe_changes(wire::find_changes(
                                        *before, *parts_.config.config())))});
  }
}

/// The first answer belongs to the start, which had to do without.
void ControlLoop::note_fans(const HardwareReading& reading) {
  if (fans_counted_ || !reading.fan_count) return;
  fans_counted_ = true;
  parts_.config.set_fans(*reading.fan_count);
  if (*reading.fan_count == 0 && parts_.config.status().profile_choice == "auto") reload();
}

void ControlLoop::check_group() {
  const auto found = platform::find_group(parts_.config.config()->api.group);
  if (found) return;
  report(EventKind::capability_lost, Severity::warning,
         fmt::format("api.group: {}; only root may pause, suspend or resume", found.error().what));
}

}  // namespace m1opt::app
