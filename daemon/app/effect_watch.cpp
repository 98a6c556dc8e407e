#include "app/effect_watch.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "app/history_metrics.h"

namespace m1opt::app {

namespace {

constexpr Duration kWatched = std::chrono::seconds(30);
/// More than may be held at once: nothing grows without bounds.
constexpr std::size_t kMostOpen = 64;

/// One that this daemon does not read is left out.
constexpr std::array<std::string_view, 5> kMetrics{"pressure_level", "psi_some_percent",
                                                   "swap_out_bytes_per_s", "targets_cpu_percent",
                                                   "tokens_per_s"};

bool has_ended(const TickRecord& tick, RecordId record) {
  const auto ends = [&](const Outcome& outcome) {
    return outcome.verb == ActionVerb::end && outcome.record == record;
  };
  // Those of the sample include what was released between two ticks.
  return std::any_of(tick.outcomes.begin(), tick.outcomes.end(), ends) ||
         std::any_of(tick.sample.outcomes.begin(), tick.sample.outcomes.end(), ends);
}

}  // namespace

void EffectWatch::Mean::add(std::optional<double> value, Duration time) {
  if (!value) return;
  sum += *value * seconds_of(time);
  span += time;
}

std::optional<double> EffectWatch::Mean::value() const {
  if (span <= Duration::zero()) return std::nullopt;
  return sum / seconds_of(span);
}

EffectWatch::EffectWatch() {
  const auto& names = history_metrics();
  for (const std::string_view metric : kMetrics) {
    const auto found = std::find(names.begin(), names.end(), metric);
    if (found != names.end()) metrics_.push_back(static_cast<std::size_t>(found - names.begin()));
  }
}

std::vector<HoldEffect> EffectWatch::note_tick(const TickRecord& tick, Duration span,
                                               const std::vector<std::optional<double>>& values) {
  recent_.push_back(Moment{tick.now, span, {}});
  Moment& moment = recent_.back();
  for (const std::size_t metric : metrics_) moment.values.push_back(values[metric]);
  while (tick.now - recent_.front().end >= kWatched) recent_.pop_front();

  std::vector<HoldEffect> finished;
  for (Open& open : open_) {
    for (std::size_t i = 0; i < metrics_.size(); ++i) open.after[i].add(moment.values[i], span);
    open.effect.after += span;
  }
  const auto is_over = [&](const Open& open) {
    return tick.now - open.began >= kWatched || has_ended(tick, open.effect.record);
  };
  for (Open& open : open_) {
    if (is_over(open)) finished.push_back(close(std::move(open)));
  }
  std::erase_if(open_, [](const Open& open) { return open.after.empty(); });
  for (const Outcome& outcome : tick.outcomes) begin(tick, outcome);
  return finished;
}

void EffectWatch::begin(const TickRecord& tick, const Outcome& outcome) {
  const bool done = outcome.code == OutcomeCode::applied || outcome.code == OutcomeCode::partial;
  if (outcome.verb != ActionVerb::begin || !done || open_.size() >= kMostOpen) return;
  Open& open = open_.emplace_back();
  open.began = tick.now;
  open.after.resize(metrics_.size());
  open.effect.time = tick.wall;
  open.effect.record = outcome.record;
  open.effect.kind = outcome.kind;
  open.effect.target = outcome.target;
  open.effect.process = outcome.process;
  open.effect.reason = outcome.reason;
  for (const std::size_t metric : metrics_) {
    open.effect.readings.push_back({history_metrics()[metric], std::nullopt, std::nullopt});
  }
  add_before(open.effect, tick.now);
}

void EffectWatch::add_before(HoldEffect& effect, Instant now) const {
  std::vector<Mean> means(metrics_.size());
  for (const Moment& moment : recent_) {
    // The first of them may have begun before the time that counts.
    const Duration counted = std::min(moment.span, moment.end - (now - kWatched));
    effect.before += counted;
    for (std::size_t i = 0; i < means.size(); ++i) means[i].add(moment.values[i], counted);
  }
  for (std::size_t i = 0; i < means.size(); ++i) effect.readings[i].before = means[i].value();
}

HoldEffect EffectWatch::close(Open&& open) {
  HoldEffect effect = std::move(open.effect);
  for (std::size_t i = 0; i < open.after.size(); ++i) effect.readings[i].after = open.after[i].value();
  std::erase_if(effect.readings,
                [](const EffectReading& reading) { return !reading.before && !reading.after; });
  open.after.clear();
  return effect;
}

std::vector<HoldEffect> EffectWatch::finish() {
  std::vector<HoldEffect> finished;
  for (Open& open : open_) finished.push_back(close(std::move(open)));
  open_.clear();
  return finished;
}

}  // namespace m1opt::app
