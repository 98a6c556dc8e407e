#include "decide/commands.h"

#include <fmt/format.h>

#include <algorithm>

#include "decide/bans.h"
#include "decide/breaks.h"
#include "decide/holds.h"
#include "decide/safe_mode.h"
#include "decide/targets.h"
#include "decide/text.h"

namespace m1opt::decide {
namespace {

constexpr std::size_t kMostLeases = 64;
constexpr int kLeaseMisses = 3;

void note(Tick& tick, const Command& command, const std::string& text,
          const std::string& target = {}, std::optional<ProcessId> process = {}) {
  tick.report(EventKind::command, Severity::info, fmt::format("uid {}: {}", command.uid, text), {},
              target, process);
}

std::string until_text(const Tick& tick) {
  const auto& until = tick.state.pause.until;
  return until ? "for " + duration_text(*until - tick.now) : "until unpause";
}

/// Takes back what earlier commands of this very tick asked for.
template <class Meant>
void cancel_begins(Tick& tick, const Meant& meant, const std::string& why) {
  std::erase_if(tick.begins, [&](const Action& action) {
    if (!meant(action)) return false;
    const bool answered =
        std::any_of(tick.decision.replies.begin(), tick.decision.replies.end(),
                    [&](const CommandReply& reply) { return reply.id == action.command; });
    if (!answered) tick.reply(action.command, ReplyCode::conflict, why);
    std::erase_if(tick.state.pending, [&](const PendingBegin& pending) {
      return pending.hold.process == action.process && pending.hold.kind == action.kind;
    });
    return true;
  });
}

void pause(Tick& tick, const Command& command, const PauseCommand& body) {
  if (!body.until_unpause && body.duration && *body.duration <= Duration::zero()) {
    tick.reply(command.id, ReplyCode::unprocessable, "for_s must be above 0");
    return;
  }
  auto& state = tick.state.pause;
  state.active = true;
  state.uid = command.uid;
  state.until.reset();
  if (!body.until_unpause) state.until = tick.now + body.duration.value_or(kDefaultPause);
  const std::string text = "paused " + until_text(tick);
  note(tick, command, text);
  cancel_begins(
      tick, [](const Action&) { return true; }, "m1opt was paused at the same time");
  for (auto& hold : tick.state.holds) {
    mark_ending(hold, EndCause::paused, text, command.id);
  }
  if (tick.state.holds.empty()) tick.reply(command.id, ReplyCode::ok, text);
}

void unpause(Tick& tick, const Command& command) {
  if (!tick.state.pause.active) {
    tick.reply(command.id, ReplyCode::ok, "not paused");
    return;
  }
  tick.state.pause = {};
  note(tick, command, "unpaused");
  tick.reply(command.id, ReplyCode::ok, "unpaused");
}

struct Refusal {
  ReplyCode code{};
  std::string text;
};

/// What the command names; empty with a refusal when there is nothing to suspend.
std::vector<const TargetSample*> find_wanted(const Tick& tick, const SuspendCommand& body,
                                             Refusal& refusal) {
  std::vector<const TargetSample*> wanted;
  for (const auto& refused : tick.sample.refused) {
    if (!body.process || refused.id != *body.process) continue;
    refusal = {ReplyCode::refused, process_text(refused.name, refused.id) + ": " + refused.why};
    return wanted;
  }
  for (const auto* target : by_hunger(tick)) {
    const bool meant =
        body.process ? target->process.id == *body.process : target->target == body.target;
    if (meant) wanted.push_back(target);
  }
  if (!wanted.empty()) return wanted;
  if (body.process && tick.members.contains(*body.process)) {
    refusal = {ReplyCode::refused,
               fmt::format("pid {} is part of the workload {}", body.process->pid,
                           tick.members.at(*body.process).workload->name)};
  } else if (body.process) {
    refusal = {ReplyCode::not_found,
               fmt::format("pid {} with this start matches no row of the targets table",
                           body.process->pid)};
  } else if (tick.row(body.target) == nullptr) {
    refusal = {ReplyCode::not_found,
               fmt::format("'{}' is no row of the targets table; see m1optctl api GET /v1/targets",
                           body.target)};
  } else {
    refusal = {ReplyCode::not_found, fmt::format("no process of {} is running", body.target)};
  }
  return wanted;
}

/// Why this process is not suspended for a user.
std::optional<Refusal> manual_obstacle(const Tick& tick, const Command& command,
                                       const TargetSample& target) {
  const auto& process = target.process;
  const std::string name = process_text(target.target, process.id) + ": ";
  if (!command.administrator && process.uid != command.uid) {
    return Refusal{ReplyCode::refused, name + "it belongs to another user"};
  }
  if (const Hold* hold = find_hold(tick.state, process.id, ActionKind::suspend)) {
    return Refusal{ReplyCode::conflict, fmt::format("{}suspended already, for {} more", name,
                                                    duration_text(hold->deadline - tick.now))};
  }
  const bool asked = std::any_of(tick.begins.begin(), tick.begins.end(), [&](const Action& action) {
    return action.kind == ActionKind::suspend && action.process == process.id;
  });
  if (asked) return Refusal{ReplyCode::conflict, name + "another request suspends it now"};
  std::string text = standing_obstacle(tick, target);
  if (text.empty()) text = suspend_obstacle(tick, target);
  // Else who asks again and again keeps it stopped for ever.
  if (text.empty()) {
    if (const auto rest = find_rest(tick, target.target, process.id)) text = ban_text(*rest, tick.now);
  }
  if (text.empty() && tick.suspensions_left() <= 0) {
    text = fmt::format("{} were suspended in the last hour, the most allowed", tick.config.limits.suspensions_per_hour);
  }
  if (!text.empty()) return Refusal{ReplyCode::refused, name + text};
  return std::nullopt;
}

std::optional<Refusal> wish_fault(const Tick& tick, const SuspendCommand& body) {
  const Duration most = tick.config.limits.max_suspend;
  if (body.duration < Duration::zero() || body.duration > most) {
    return Refusal{ReplyCode::unprocessable,
                   fmt::format("for_s must be between 1 and {:.0f}", seconds_of(most))};
  }
  if (tick.state.pause.active) {
    return Refusal{ReplyCode::conflict,
                   "m1opt is paused " + until_text(tick) + "; run m1optctl unpause first"};
  }
  if (tick.config.observe_only) return Refusal{ReplyCode::conflict, kObserveOnly};
  if (tick.state.safe.active) return Refusal{ReplyCode::conflict, safe_mode_text(tick)};
  return std::nullopt;
}

void suspend(Tick& tick, const Command& command, const SuspendCommand& body) {
  if (const auto fault = wish_fault(tick, body)) {
    tick.reply(command.id, fault->code, fault->text);
    return;
  }
  Refusal refusal;
  const auto wanted = find_wanted(tick, body, refusal);
  int begun = 0;
  for (const auto* target : wanted) {
    if (const auto obstacle = manual_obstacle(tick, command, *target)) {
      if (refusal.text.empty()) refusal = *obstacle;
      continue;
    }
    const Duration most = longest_suspension(tick, target->target);
    const bool open = body.duration == Duration::zero();
    BeginWish wish;
    wish.kind = ActionKind::suspend;
    wish.process = &target->process;
    wish.target = target->target;
    wish.reason = fmt::format("uid {} asked for it", command.uid);
    wish.deadline = tick.now + (open ? most : std::min(body.duration, most));
    wish.command = command.id;
    begin_hold(tick, wish);
    ++begun;
  }
  const std::string what = body.process ? fmt::format("pid {}", body.process->pid) : body.target;
  if (begun == 0) {
    tick.reply(command.id, refusal.code, refusal.text);
    note(tick, command, fmt::format("suspend {} refused: {}", what, refusal.text), body.target,
         body.process);
    return;
  }
  const std::string rest = refusal.text.empty() ? "" : "; not all: " + refusal.text;
  note(tick, command, fmt::format("suspend {}{}", what, rest), body.target, body.process);
}

/// Ends the holds on targets for which `meant` says yes. True when there is one.
template <class Meant>
bool release(Tick& tick, const Command& command, const Meant& meant) {
  bool any = false;
  for (auto& hold : tick.state.holds) {
    if (hold.kind == ActionKind::raise || !meant(hold)) continue;
    mark_ending(hold, EndCause::resumed, fmt::format("uid {} resumed it", command.uid), command.id);
    any = true;
  }
  return any;
}

/// The rules, from a target; a workload keeps its priority and gets no rest.
void keep_off(Tick& tick, const std::string& target, ProcessId process) {
  const auto kind = tick.row(target) == nullptr ? std::optional(ActionKind::pause_workload)
                                                : std::nullopt;
  add_ban(tick, target, process, BanCause::manual_resume, kind, tick.config.limits.manual_resume);
}

void resume_all(Tick& tick, const Command& command) {
  for (const auto& hold : tick.state.holds) {
    if (hold.kind != ActionKind::raise) keep_off(tick, hold.target, ProcessId{});
  }
  note(tick, command, "resume all");
  cancel_begins(
      tick, [](const Action&) { return true; }, "resumed at the same time");
  if (!release(tick, command, [](const Hold&) { return true; })) {
    tick.reply(command.id, ReplyCode::ok, "nothing is held");
  }
}

void resume(Tick& tick, const Command& command, const ResumeCommand& body) {
  if (body.all) {
    resume_all(tick, command);
    return;
  }
  std::string target = body.target;
  if (body.process) {
    const auto found = tick.targets.find(*body.process);
    if (found != tick.targets.end()) target = found->second->target;
    for (const auto& hold : tick.state.holds) {
      if (hold.process == *body.process && hold.kind != ActionKind::raise) target = hold.target;
    }
  }
  const std::string what = body.process ? fmt::format("pid {}", body.process->pid) : target;
  if (tick.row(target) == nullptr && !is_any_resting(tick.state, target)) {
    tick.reply(command.id, ReplyCode::not_found, what + " is no target and not held");
    return;
  }
  const ProcessId process = body.process.value_or(ProcessId{});
  keep_off(tick, target, process);
  note(tick, command, "resume " + what, target, body.process);
  cancel_begins(
      tick,
      [&](const Action& action) {
        return body.process ? action.process == process : action.target == target;
      },
      "resumed at the same time");
  const bool any = release(tick, command, [&](const Hold& hold) {
    return body.process ? hold.process == process : hold.target == target;
  });
  if (!any) {
    tick.reply(command.id, ReplyCode::ok,
               fmt::format("{} is not held; the rules keep off it for {}", what,
                           duration_text(tick.config.limits.manual_resume)));
  }
}

auto find_lease(std::vector<Lease>& leases, ProcessId process) {
  return std::find_if(leases.begin(), leases.end(),
                      [&](const Lease& lease) { return lease.process == process; });
}

void begin_lease(Tick& tick, const Command& command, const LeaseBeginCommand& body) {
  auto& leases = tick.state.leases;
  const auto same = find_lease(leases, body.process);
  if (same != leases.end()) {
    same->missed = 0;
    ++same->clients;
    tick.reply(command.id, ReplyCode::ok, "leased already");
    return;
  }
  if (leases.size() >= kMostLeases) {
    tick.reply(command.id, ReplyCode::conflict,
               fmt::format("{} leases are open, the most allowed", leases.size()));
    return;
  }
  leases.push_back({body.process, body.name, command.uid, tick.now});
  tick.more_wanted = true;  // the sampler learns of it with the next sample
  const std::string text = fmt::format("lease of pid {} began", body.process.pid);
  note(tick, command, text, body.name, body.process);
  tick.reply(command.id, ReplyCode::ok, text);
}

void end_lease(Tick& tick, const Command& command, const LeaseEndCommand& body) {
  auto& leases = tick.state.leases;
  const auto found = find_lease(leases, body.process);
  if (found == leases.end()) {
    tick.reply(command.id, ReplyCode::not_found,
               fmt::format("there is no lease of pid {}", body.process.pid));
    return;
  }
  if (--found->clients > 0) {
    tick.reply(command.id, ReplyCode::ok, "another client leases it still");
    return;
  }
  leases.erase(found);
  const std::string text = fmt::format("lease of pid {} ended", body.process.pid);
  note(tick, command, text, {}, body.process);
  tick.reply(command.id, ReplyCode::ok, text);
}

void run(Tick& tick, const Command& command) {
  const auto& body = command.body;
  if (const auto* wish = std::get_if<PauseCommand>(&body)) pause(tick, command, *wish);
  if (std::holds_alternative<UnpauseCommand>(body)) unpause(tick, command);
  if (const auto* wish = std::get_if<SuspendCommand>(&body)) suspend(tick, command, *wish);
  if (const auto* wish = std::get_if<ResumeCommand>(&body)) resume(tick, command, *wish);
  if (const auto* wish = std::get_if<LeaseBeginCommand>(&body)) begin_lease(tick, command, *wish);
  if (const auto* wish = std::get_if<LeaseEndCommand>(&body)) end_lease(tick, command, *wish);
  if (std::holds_alternative<ReloadCommand>(body)) {
    note(tick, command, "reload the config");
    tick.decision.reload = true;
  }
  if (const auto* wish = std::get_if<ProfileCommand>(&body)) {
    note(tick, command, "use the profile " + wish->choice);
    tick.decision.profiles.push_back(command);
  }
}

}  // namespace

void run_commands(Tick& tick) {
  for (const auto& command : tick.sample.commands) run(tick, command);
}

void expire_pause(Tick& tick) {
  auto& pause = tick.state.pause;
  if (!pause.active || !pause.until || *pause.until > tick.now) return;
  pause = {};
  tick.report(EventKind::command, Severity::info, "the pause is over");
}

void check_leases(Tick& tick) {
  for (auto& lease : tick.state.leases) {
    lease.missed = tick.members.contains(lease.process) ? 0 : lease.missed + 1;
    if (lease.missed < kLeaseMisses) continue;
    tick.report(EventKind::command, Severity::info,
                fmt::format("lease of pid {} ended: the process is gone", lease.process.pid), {},
                lease.name, lease.process);
  }
  std::erase_if(tick.state.leases, [](const Lease& lease) { return lease.missed >= kLeaseMisses; });
}

}  // namespace m1opt::decide
