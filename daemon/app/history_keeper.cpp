// What the control thread does for the history, and what is read of it; writing: history_writing.cpp.
#include "app/history_keeper.h"

#include <algorithm>

#include "app/history_metrics.h"

namespace m1opt::app {

namespace {

/// For as long as nothing can be written, a quarter of an hour of a busy machine, 1 MiB.
constexpr std::size_t kMostSpans = 20'000;
constexpr std::size_t kMostEvents = 2'000;
constexpr std::size_t kMostEffects = 200;
/// So far the clocks may be apart for nothing but having been read one after the other.
constexpr Duration kSame = std::chrono::seconds(1);

template <class Row>
void bound(std::vector<Row>& rows, std::size_t most) {
  if (rows.size() > most) rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(most / 4));
}

}  // namespace

HistoryKeeper::HistoryKeeper(const Clock& clock, std::string path)
    : clock_(clock), path_(std::move(path)), recorder_(clock), last_write_(clock.now()) {
  if (path_.empty()) wanted_ = false;
}

void HistoryKeeper::connect(Post post, Report report) {
  post_ = std::move(post);
  report_ = std::move(report);
}

void HistoryKeeper::note_tick(const TickRecord& tick) {
  if (path_.empty()) return;
  follow_config(tick.config.history);
  if (enabled()) {
    {
      const std::lock_guard lock(mutex_);
      recorder_.note_tick(tick, pending_);
      bound_pending();
    }
    write_when_due(tick.config.history.write_period);
  }
  report_news();
}

void HistoryKeeper::follow_config(const HistoryConfig& config) {
  const bool ends = enabled() && !config.enabled;
  // What was before it was turned off is kept; unless it never was on.
  const bool was_on = enabled_.has_value();
  {
    const std::lock_guard lock(mutex_);
    most_ = config.max;
    if (config.enabled) wanted_ = true;
    if (ends && was_on) recorder_.finish(clock_.now(), pending_);
  }
  if (!ends || post_([this, was_on] { turn_off(was_on); })) enabled_ = config.enabled;
}

/// Its caller may hold a lock of its own: nothing is asked of anybody here.
void HistoryKeeper::note_event(const Event& event) {
  if (path_.empty() || !enabled()) return;
  const std::lock_guard lock(mutex_);
  recorder_.note_event(event, clock_.now(), pending_);
  bound_pending();
}

void HistoryKeeper::finish() {
  if (path_.empty() || !enabled()) return;
  {
    const std::lock_guard lock(mutex_);
    recorder_.finish(clock_.now(), pending_);
  }
  post_([this] { write(); });
}

void HistoryKeeper::bound_pending() {
  bound(pending_.spans, kMostSpans);
  bound(pending_.events, kMostEvents);
  bound(pending_.effects, kMostEffects);
}

void HistoryKeeper::report_news() {
  std::vector<decide::Reason> news;
  {
    const std::lock_guard lock(mutex_);
    news.swap(news_);
  }
  for (const decide::Reason& reason : news) report_(reason);
}

void HistoryKeeper::write_when_due(Duration period) {
  if (clock_.now() - last_write_ < period) return;
  last_write_ = clock_.now();
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(writing_, true)) return;  // a disk that takes longer than a minute
  }
  if (post_([this] { write(); })) return;
  const std::lock_guard lock(mutex_);
  writing_ = false;
}

std::string HistoryKeeper::trouble() {
  if (path_.empty()) return {};
  const std::lock_guard lock(mutex_);
  return wanted_ && !fault_.empty() ? "what happens is not kept: " + fault_ : std::string();
}

std::string HistoryKeeper::fault() {
  if (path_.empty()) return "this daemon looks at a copy of a machine";
  (void)file();
  const std::lock_guard lock(mutex_);
  if (!wanted_) return "history.enabled is false";
  return fault_;
}

Duration HistoryKeeper::offset() const {
  const Duration wall = std::chrono::milliseconds(milliseconds_of(clock_.wall()));
  const Duration apart = wall - (recorder_.time_of(clock_.now()) + shift_);
  return apart > -kSame && apart < kSame ? Duration::zero() : apart;
}

HistoryTime HistoryKeeper::time_of(WallTime wall) const {
  return std::chrono::milliseconds(milliseconds_of(wall)) - offset();
}

WallTime HistoryKeeper::wall_of(HistoryTime time) const {
  return wall_from_milliseconds(milliseconds_of(time + offset()));
}

Result<std::vector<HistoryMetric>> HistoryKeeper::metrics() {
  std::vector<HistoryMetric> metrics;
  for (const std::string& name : app::history_metrics()) metrics.push_back({name, {}, {}});
  if (journal::History* history = file()) {
    auto kept = history->metrics();
    if (!kept) {
      note_error(kept.error());
      return kept.error();
    }
    for (const auto& one : *kept) {
      auto row = std::find_if(metrics.begin(), metrics.end(),
                              [&](const HistoryMetric& metric) { return metric.name == one.metric; });
      // Another version's: what was kept of it can still be asked for.
      if (row == metrics.end()) row = metrics.insert(row, HistoryMetric{one.metric, {}, {}});
      row->first = wall_of(one.first);
      row->last = wall_of(one.last);
    }
  }
  const HistoryBatch rest = copy_pending();
  for (const auto& [metric, span] : rest.spans) {
    if (!metrics[metric].first) metrics[metric].first = wall_of(span.at + shift_);
    metrics[metric].last = wall_of(span.at + shift_);
  }
  return metrics;
}

Result<std::vector<HistoryPoint>> HistoryKeeper::series(const serve::HistoryQuery& query) {
  std::vector<HistoryPoint> points;
  journal::Thinner thinner(query.step);
  const HistoryTime since = time_of(query.since);
  const HistoryTime until = time_of(query.until);
  const auto add = [&](const std::optional<HistorySpan>& span) {
    if (span) points.push_back({wall_of(span->at), span->span, span->min, span->avg, span->max});
  };
  journal::History* history = file();
  const HistoryBatch rest = copy_pending();
  if (history != nullptr) {
    auto read = history->visit_spans(query.metric, since, until,
                                     [&](const HistorySpan& span) { add(thinner.add(span)); });
    if (!read) {
      note_error(read.error());
      return read.error();
    }
  }
  for (auto [metric, span] : rest.spans) {
    span.at += shift_;
    if (app::history_metrics()[metric] != query.metric || span.at < since || span.at >= until) continue;
    add(thinner.add(span));
  }
  add(thinner.take());
  return points;
}

Result<std::vector<Event>> HistoryKeeper::events(const serve::EventsQuery& query) {
  journal::History* history = file();
  if (history == nullptr) return std::vector<Event>{};
  auto found = history->events({time_of(query.since), query.after, query.kind, query.limit});
  if (!found) note_error(found.error());
  return found;
}

Result<std::optional<Event>> HistoryKeeper::event(const std::string& id) {
  journal::History* history = file();
  if (history == nullptr) return std::optional<Event>{};
  auto found = history->event(id);
  if (!found) note_error(found.error());
  return found;
}

Result<std::vector<HoldEffect>> HistoryKeeper::effects(WallTime since, std::size_t limit) {
  std::vector<HoldEffect> effects;
  if (journal::History* history = file()) {
    auto found = history->effects(time_of(since), limit);
    if (!found) {
      note_error(found.error());
      return found.error();
    }
    effects = std::move(*found);
  }
  HistoryBatch rest = copy_pending();
  for (auto& [at, effect] : rest.effects) {
    if (at + shift_ >= time_of(since)) effects.push_back(std::move(effect));
  }
  if (effects.size() > limit) effects.erase(effects.begin(), effects.end() - static_cast<std::ptrdiff_t>(limit));
  return effects;
}

}  // namespace m1opt::app
