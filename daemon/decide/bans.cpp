#include "decide/bans.h"

#include <fmt/format.h>

#include <algorithm>

#include "decide/text.h"

namespace m1opt::decide {
namespace {

constexpr Duration kFirstBackOff = std::chrono::seconds(60);
constexpr Duration kLongestBackOff = std::chrono::hours(1);

void find_in(const Tick& tick, const BanKey& key, std::optional<ActionKind> kind,
             std::optional<Ban>& longest) {
  const auto found = tick.state.bans.find(key);
  if (found == tick.state.bans.end()) return;
  for (const auto& ban : found->second) {
    if (ban.until <= tick.now || (ban.kind && ban.kind != kind)) continue;
    if (!longest || longest->until < ban.until) longest = ban;
  }
}

}  // namespace

void add_ban(Tick& tick, const std::string& target, ProcessId process, BanCause cause,
             std::optional<ActionKind> kind, Duration duration) {
  if (duration <= Duration::zero()) return;
  auto& bans = tick.state.bans[{target, process}];
  std::erase_if(bans, [&](const Ban& ban) { return ban.cause == cause && ban.kind == kind; });
  bans.push_back({cause, kind, tick.now + duration});
}

std::optional<Ban> find_ban(const Tick& tick, const std::string& target, ProcessId process,
                            std::optional<ActionKind> kind) {
  std::optional<Ban> longest;
  find_in(tick, {target, process}, kind, longest);
  find_in(tick, {target, ProcessId{}}, kind, longest);
  return longest;
}

std::optional<Ban> find_rest(const Tick& tick, const std::string& target, ProcessId process) {
  const auto found = tick.state.bans.find({target, process});
  if (found == tick.state.bans.end()) return std::nullopt;
  for (const auto& ban : found->second) {
    if (ban.cause == BanCause::breather && ban.until > tick.now) return ban;
  }
  return std::nullopt;
}

std::string ban_text(const Ban& ban, Instant now) {
  const std::string left = duration_text(ban.until - now) + " left";
  switch (ban.cause) {
    case BanCause::cooldown: return "cooldown, " + left;
    case BanCause::breather: return "it was suspended and may run now, " + left;
    case BanCause::manual_resume: return "a user resumed it, so the rules keep off it, " + left;
    case BanCause::foreign_resume:
      return "somebody else continued it, so it is left alone, " + left;
    case BanCause::reset: return "somebody else keeps resetting it, so it is left alone, " + left;
    case BanCause::changed: return "it is in that state already, or something changed in between, " + left;
  }
  return left;
}

Duration back_off_after(int failures) {
  Duration wait = kFirstBackOff;
  for (int i = 1; i < failures && wait < kLongestBackOff; ++i) wait *= 2;
  return std::min(wait, kLongestBackOff);
}

bool add_back_off(Tick& tick, const std::string& target, ActionKind kind, OutcomeCode code,
                  const std::string& text) {
  BackOff& back_off = tick.state.back_offs[{target, kind}];
  ++back_off.failures;
  back_off.until = tick.now + back_off_after(back_off.failures);
  back_off.text = text;
  back_off.tried = code != OutcomeCode::unready;
  return back_off.failures == 1;
}

void clear_back_off(Tick& tick, const std::string& target, ActionKind kind) {
  tick.state.back_offs.erase({target, kind});
}

const BackOff* find_back_off(const Tick& tick, const std::string& target, ActionKind kind) {
  const auto found = tick.state.back_offs.find({target, kind});
  const bool active = found != tick.state.back_offs.end() && found->second.until > tick.now;
  return active ? &found->second : nullptr;
}

bool note_reset(Tick& tick, ProcessId process, ActionKind kind) {
  auto& times = tick.state.reapplied[{process, kind}];
  times.push_back(tick.now);
  std::erase_if(times,
                [&](Instant at) { return tick.now - at >= tick.config.limits.reapply_window; });
  return static_cast<int>(times.size()) <= tick.config.limits.reapply;
}

void prune_bans(Tick& tick) {
  auto& state = tick.state;
  for (auto& [key, bans] : state.bans) {
    std::erase_if(bans, [&](const Ban& ban) { return ban.until <= tick.now; });
  }
  std::erase_if(state.bans, [](const auto& entry) { return entry.second.empty(); });
  for (auto& [key, times] : state.reapplied) {
    std::erase_if(times,
                  [&](Instant at) { return tick.now - at >= tick.config.limits.reapply_window; });
  }
  std::erase_if(state.reapplied, [](const auto& entry) { return entry.second.empty(); });
  std::erase_if(state.suspensions,
                [&](Instant at) { return tick.now - at >= std::chrono::hours(1); });
  // A row that has not failed for twice the longest wait starts from 60 s again.
  std::erase_if(state.back_offs, [&](const auto& entry) {
    return tick.now - entry.second.until >= 2 * kLongestBackOff;
  });
}

Duration breather_after(const LimitsConfig& limits, Duration suspended, bool ran_out) {
  const double duty = std::clamp(limits.duty.value() / 100.0, 0.0, 0.99);
  const Duration owed = duration_from_seconds(seconds_of(suspended) * duty / (1.0 - duty));
  return ran_out ? std::max(limits.breather, owed) : owed;
}

}  // namespace m1opt::decide
