#include "decide/rates.h"

#include <algorithm>

namespace m1opt::decide {
namespace {

double per_second(std::int64_t amount, Duration span) {
  return static_cast<double>(amount) / seconds_of(span);
}

void update_rate(std::optional<CounterBase>& base, std::optional<double>& rate,
                 const std::optional<Bytes>& counter, Instant now, double unit = 1) {
  if (!counter) {
    base.reset();
    rate.reset();
    return;
  }
  if (!base || counter->value() < base->value) {
    base = CounterBase{now, counter->value()};
    rate.reset();
    return;
  }
  if (now - base->at < kRateSpan) return;
  rate = unit * per_second(counter->value() - base->value, now - base->at);
  base = CounterBase{now, counter->value()};
}

/// Percent of the time since the last sample. An event proves a share of a window that may be much
/// shorter than that time, so the larger of the two counts.
void update_stall(std::optional<CounterBase>& base, std::optional<double>& rate,
                  const std::optional<Duration>& total, const std::optional<Percent>& proven,
                  Instant now) {
  constexpr double kPercentOfASecond = 1e-7;  // in a nanosecond
  std::optional<Bytes> counter;
  if (total) counter = Bytes{total->count()};
  update_rate(base, rate, counter, now, kPercentOfASecond);
  if (rate) rate = std::min(*rate, 100.0);
  if (proven) rate = std::max(rate.value_or(0), proven->value());
}

void update_cpu(Tick& tick) {
  auto& bases = tick.state.bases;
  auto& rate = tick.state.rates.cpu_busy;
  const auto& cpu = tick.sample.cpu;
  const bool usable = cpu && bases.cpu_busy && bases.cpu_idle &&
                      cpu->busy.count() >= bases.cpu_busy->value &&
                      cpu->idle.count() >= bases.cpu_idle->value;
  if (usable && tick.now - bases.cpu_busy->at < kRateSpan) return;
  rate.reset();
  if (usable) {
    const auto busy = static_cast<double>(cpu->busy.count() - bases.cpu_busy->value);
    const auto idle = static_cast<double>(cpu->idle.count() - bases.cpu_idle->value);
    if (busy + idle > 0) rate = percent_of(busy, busy + idle).value();
  }
  bases.cpu_busy.reset();
  bases.cpu_idle.reset();
  if (!cpu) return;
  bases.cpu_busy = CounterBase{tick.now, cpu->busy.count()};
  bases.cpu_idle = CounterBase{tick.now, cpu->idle.count()};
}

void rebase(Track& track, const ProcessInfo& process, const std::optional<Duration>& waited,
            Instant now) {
  track.base_at = now;
  track.base_cpu = process.cpu_time;
  track.base_waited = waited;
  track.base_performance = process.performance_cpu_time;
}

/// A process that took no time in the span was on no core at all.
std::optional<double> performance_share(const Track& track, const ProcessInfo& process) {
  const auto& now = process.performance_cpu_time;
  const auto taken = process.cpu_time - track.base_cpu;
  if (!now || !track.base_performance || *now < *track.base_performance || taken.count() <= 0) {
    return std::nullopt;
  }
  return std::min(100.0, 100.0 * static_cast<double>((*now - *track.base_performance).count()) /
                             static_cast<double>(taken.count()));
}

void update_track(Tick& tick, const ProcessInfo& process, const std::optional<Duration>& waited) {
  const auto [entry, is_new] = tick.state.tracks.try_emplace(process.id);
  Track& track = entry->second;
  track.seen = true;
  track.fresh = false;
  track.sleeping = process.state == RunState::sleeping;
  if (is_new) track.first_seen = tick.now;
  if (is_new || tick.gap || process.cpu_time < track.base_cpu) {
    rebase(track, process, waited, tick.now);
    return;
  }
  const Duration span = tick.now - track.base_at;
  if (span < kRateSpan) return;
  track.share = 100.0 * per_second((process.cpu_time - track.base_cpu).count(), span) / 1e9;
  track.wait_share.reset();
  if (waited && track.base_waited && *waited >= *track.base_waited) {
    track.wait_share = 100.0 * per_second((*waited - *track.base_waited).count(), span) / 1e9;
  }
  track.performance_share = performance_share(track, process);
  track.known = true;
  track.fresh = true;
  track.fresh_since = track.base_at;
  rebase(track, process, waited, tick.now);
}

void update_tracks(Tick& tick) {
  for (auto& [id, track] : tick.state.tracks) track.seen = false;
  for (const auto& [id, member] : tick.members) {
    update_track(tick, member.process->process, std::nullopt);
  }
  for (const auto& [id, target] : tick.targets) {
    update_track(tick, target->process, target->waited);
  }
  std::erase_if(tick.state.tracks, [](const auto& entry) { return !entry.second.seen; });
}

void sum_targets(Tick& tick) {
  auto& rates = tick.state.rates;
  rates.targets_taken.reset();
  rates.targets_demand.reset();
  if (tick.first || tick.gap) return;
  double taken = 0;
  double demand = 0;
  // In the order of the sample: a sum of doubles must not depend on a hash.
  for (const auto& target : tick.sample.targets) {
    if (!tick.targets.contains(target.process.id)) continue;
    const Track* track = find_track(tick.state, target.process.id);
    if (track != nullptr && track->known) taken += track->share;
    demand += demand_of(tick.state, target.process.id);
  }
  rates.targets_taken = taken;
  rates.targets_demand = demand;
}

}  // namespace

bool is_cpu_full(const State& state) {
  return state.rates.cpu_busy && *state.rates.cpu_busy >= kFullCpu;
}

const Hold* background_of(const State& state, ProcessId process) {
  for (const auto& hold : state.holds) {
    if (hold.kind != ActionKind::background) continue;
    if (hold.process == process ||
        std::binary_search(hold.family.begin(), hold.family.end(), process)) {
      return &hold;
    }
  }
  return nullptr;
}

double demand_of(const State& state, ProcessId process) {
  if (const Hold* hold = find_hold(state, process, ActionKind::suspend)) {
    return hold->demand_before;
  }
  const Track* track = find_track(state, process);
  const double share = track != nullptr && track->known ? track->share : 0.0;
  const Hold* hold = background_of(state, process);
  if (hold == nullptr) return share;
  const double before = hold->process == process ? hold->demand_before : share;
  if (track != nullptr && track->wait_share) return share + *track->wait_share;
  // One that has nothing to run waits for nothing; otherwise an idle one would be held for ever.
  const bool idle = track != nullptr && track->sleeping && track->fresh_since && *track->fresh_since >= hold->since;
  return idle ? share : std::max(share, before);
}

void update_rates(Tick& tick) {
  auto& state = tick.state;
  if (tick.gap) {
    state.bases = {};
    state.rates = {};
  }
  const auto& swap = tick.sample.swap;
  update_rate(state.bases.swap_in, state.rates.swap_in, swap ? swap->swapped_in : std::nullopt,
              tick.now);
  update_rate(state.bases.swap_out, state.rates.swap_out, swap ? swap->swapped_out : std::nullopt,
              tick.now);
  const auto& pressure = tick.sample.pressure;
  update_stall(state.bases.some_stall, state.rates.some_stall,
               pressure ? pressure->some_total : std::nullopt, tick.sample.some_stall, tick.now);
  update_stall(state.bases.full_stall, state.rates.full_stall,
               pressure ? pressure->full_total : std::nullopt, tick.sample.full_stall, tick.now);
  update_cpu(tick);
  update_tracks(tick);
  sum_targets(tick);
  auto& derived = tick.decision.derived;
  if (state.rates.swap_in) derived.swap_in_rate = BytesPerSecond{*state.rates.swap_in};
  if (state.rates.swap_out) derived.swap_out_rate = BytesPerSecond{*state.rates.swap_out};
  if (state.rates.cpu_busy) derived.cpu_busy = Percent{*state.rates.cpu_busy};
  if (state.rates.targets_taken) derived.targets_cpu = Percent{*state.rates.targets_taken};
}

}  // namespace m1opt::decide
