#include "decide/replay.h"

#include <algorithm>
#include <utility>

#include "base/path.h"
#include "decide/rates.h"

namespace m1opt::decide {
namespace {

/// Any: the policy only compares. Not 0, which stands for "never" in some places.
constexpr Instant kStart{std::chrono::hours(1)};
constexpr Duration kHour = std::chrono::hours(1);

/// The most of them within an hour; they are in order.
int busiest_hour(const std::vector<Duration>& times) {
  std::size_t first = 0;
  std::size_t most = 0;
  for (std::size_t last = 0; last < times.size(); ++last) {
    while (times[last] - times[first] >= kHour) ++first;
    most = std::max(most, last - first + 1);
  }
  return static_cast<int>(most);
}

bool took_effect(const Outcome& outcome) {
  return outcome.verb == ActionVerb::begin ? is_applied(outcome.code) : is_over(outcome.code);
}

}  // namespace

void Replay::begin(const TraceHeader& header) {
  const bool new_run = run_ != header.run || !zero_;
  machine_.begin_piece(header, new_run);
  if (!new_run) return;
  note_done(last_.value_or(Duration{}));
  run_ = header.run;
  started_ = header.started;
  first_of_run_ = true;
  state_ = State{};
  awake_ = false;
}

bool Replay::any_busy() const {
  return std::any_of(state_.workloads.begin(), state_.workloads.end(),
                     [](const auto& entry) { return entry.second.state == WorkloadState::busy; });
}

/// Sets now_: 0 at the first tick; another run begins as much later as the clock says.
void Replay::take_time(Duration at) {
  if (std::exchange(first_of_run_, false)) {
    const WallTime wall{started_.point + std::chrono::duration_cast<decltype(WallTime::point)::duration>(at)};
    if (!zero_) zero_ = wall;
    const Duration since = std::max<Duration>(wall.point - zero_->point, last_.value_or(Duration{}));
    offset_ = since - at;
  }
  now_ = at + offset_;
}

void Replay::pass(Duration from, Duration to) {
  const Duration took = to - from;
  if (awake_) report_.awake += took;
  for (const Hold& hold : state_.holds) {
    if (hold.kind == ActionKind::raise) workloads_[hold.target].raised += took;
  }
  for (const auto& [name, memory] : state_.workloads) {
    if (memory.state == WorkloadState::busy) workloads_[name].busy += took;
    if (memory.state == WorkloadState::resident) workloads_[name].resident += took;
  }
  for (const auto& [name, rule] : state_.rules) {
    if (rule.tripped) rules_[name].tripped += took;
  }
}

/// What the machine did at `before`, the time of the last tick.
void Replay::note_done(Duration before) {
  for (const auto& [action, outcome] : machine_.take_done()) {
    if (action.verb == ActionVerb::extend && outcome.code == OutcomeCode::applied) continue;
    report_.actions.push_back({before, action.verb, action.kind, action.target,
                               std::string(base_name(action.executable)),
                               action.process, outcome.code,
                               took_effect(outcome) || outcome.text.empty() ? action.reason : outcome.text});
    if (action.kind == ActionKind::raise || !took_effect(outcome)) continue;
    Row& row = rows_[action.target];
    row.transitions.push_back(before);
    const std::pair key{action.process, action.kind};
    if (action.verb == ActionVerb::begin) {
      open_[key] = {before};
    } else if (const auto open = open_.find(key); open != open_.end()) {
      (is_stop(action.kind) ? row.suspended : row.background) += before - open->second.since;
      open_.erase(open);
    }
  }
}

void Replay::note_requests(const Decision& decision) {
  for (const ErrandRequest& errand : decision.errands) {
    report_.requests.push_back({now_, boost::describe::enum_to_string(errand.kind, "?"), errand.subject,
                                {}, errand.rule, errand.reason});
  }
  for (const TierRequest& tiers : decision.tier_requests) {
    report_.requests.push_back({now_, "set_tiers", std::string(base_name(tiers.executable)), tiers.process,
                                {}, tiers.workload + " is a workload"});
  }
}

void Replay::note_decision(const Decision& decision) {
  note_requests(decision);
  for (const Reason& reason : decision.reasons) {
    report_.events.push_back(
        {now_, reason.kind, reason.severity, reason.text, reason.rule, reason.target, reason.process});
  }
  for (const auto& [name, rule] : decision.next.rules) {
    const auto before = state_.rules.find(name);
    if (rule.tripped && (before == state_.rules.end() || !before->second.tripped)) ++rules_[name].trips;
  }
  awake_ = decision.awake.wanted;
}

void Replay::tick(const TraceTick& tick) {
  take_time(tick.at);
  const Instant now = kStart + now_;
  const bool slept = is_after_gap(state_, config_, now, tick.sample.took.value_or(Duration{}));
  const Duration before = last_.value_or(now_);
  if (state_.last_tick) pass(before, slept ? before + std::min(now_ - before, state_.planned_period) : now_);
  const Sample& sample = machine_.show(tick, config_, any_busy() && is_cpu_full(state_), slept);
  note_done(before);
  Decision decision = step(state_, sample, config_, now, Documents::left_out);
  machine_.ask(decision, tick);
  note_decision(decision);
  state_ = std::move(decision.next);
  // The ticks come when the recorded daemon wanted them, which is no sleep.
  state_.planned_period = std::max(state_.planned_period, tick.period);
  last_ = now_;
  ++report_.ticks;
}

ReplayReport Replay::finish() {
  report_.span = last_.value_or(Duration{});
  std::vector<Duration> all;
  // What is open is closed for the sums alone.
  report_.still_held = 0;
  for (const Hold& hold : state_.holds) {
    const auto open = open_.find({hold.process, hold.kind});
    if (open == open_.end()) continue;
    ++report_.still_held;
    Row& row = rows_[hold.target];
    (is_stop(hold.kind) ? row.suspended : row.background) += report_.span - open->second.since;
  }
  for (const auto& [name, row] : rows_) {
    report_.targets.push_back({name, row.background, row.suspended, static_cast<int>(row.transitions.size()),
                               busiest_hour(row.transitions)});
    all.insert(all.end(), row.transitions.begin(), row.transitions.end());
  }
  std::sort(all.begin(), all.end());
  report_.transitions = static_cast<int>(all.size());
  report_.busiest_hour = busiest_hour(all);
  for (auto& [name, workload] : workloads_) {
    workload.name = name;
    report_.workloads.push_back(workload);
  }
  for (const RuleConfig& rule : config_.rules) {
    const auto found = rules_.find(rule.name);
    if (found == rules_.end()) continue;
    found->second.name = rule.name;
    report_.rules.push_back(found->second);
  }
  return std::move(report_);
}

}  // namespace m1opt::decide
