// How the slow thread opens history.db and writes to it.
#include <fmt/format.h>

#include <algorithm>

#include "app/history_keeper.h"
#include "app/history_metrics.h"
#include "app/journal_keeper.h"

namespace m1opt::app {

namespace {

/// Questions must not make it try all the time.
constexpr Duration kHistoryRetry = std::chrono::seconds(10);

void shift(HistoryBatch& batch, Duration by) {
  for (auto& row : batch.spans) row.span.at += by;
  for (auto& row : batch.events) row.at += by;
  for (auto& row : batch.effects) row.at += by;
}

template <class Row>
void prepend(std::vector<Row>& to, std::vector<Row>&& rows) {
  rows.insert(rows.end(), std::make_move_iterator(to.begin()), std::make_move_iterator(to.end()));
  to = std::move(rows);
}

}  // namespace

void HistoryKeeper::write() {
  journal::History* history = file();
  if (history != nullptr) {
    HistoryBatch batch = take_pending();
    follow_clock();
    Bytes most;
    {
      const std::lock_guard lock(mutex_);
      most = most_;
    }
    shift(batch, shift_);
    auto done = history->append(batch, app::history_metrics(), recorder_.time_of(clock_.now()) + shift_, most);
    if (done) {
      note_works();
    } else {
      shift(batch, -shift_);
      put_back(std::move(batch));
      note_error(done.error());
    }
  }
  const std::lock_guard lock(mutex_);
  writing_ = false;
}

void HistoryKeeper::close() {
  file_.reset();
  retry_ = {};
}

void HistoryKeeper::turn_off(bool was_on) {
  if (was_on) write();
  close();
  const std::lock_guard lock(mutex_);
  wanted_ = false;
  pending_ = {};
}

journal::History* HistoryKeeper::file() {
  {
    const std::lock_guard lock(mutex_);
    if (!wanted_) return nullptr;
  }
  if (file_) {
    const auto place = file_->check_place();
    if (place) return &*file_;
    note(Severity::warning, "a new history is begun: " + place.error().what);
    close();
  }
  if (clock_.now() < retry_) return nullptr;
  retry_ = clock_.now() + kHistoryRetry;
  journal::History::Damage damage;
  auto opened = journal::History::open_or_set_aside(path_, damage);
  if (!damage.kept_as.empty()) {
    note(Severity::warning, fmt::format("history.db was damaged ({}); it is kept as {} and a new one is begun",
                                        damage.text, damage.kept_as));
  }
  auto last = opened ? opened->last() : Result<HistoryTime>(opened.error());
  if (!last) {
    note_fault(last.error().what + ": " + fix_of(last.error(), path_));
    return nullptr;
  }
  file_ = std::move(*opened);
  const HistoryBatch rest = copy_pending();
  HistoryTime first = recorder_.time_of(clock_.now());
  if (!rest.spans.empty()) first = std::min(first, rest.spans.front().span.at);
  if (!rest.events.empty()) first = std::min(first, rest.events.front().at);
  if (const Duration missing = *last + std::chrono::milliseconds(1) - first; missing > shift_) {
    shift_ = missing;
    behind_ = true;
  }
  return &*file_;
}

/// A machine without a clock of its own starts in the past and is told the time later.
void HistoryKeeper::follow_clock() {
  if (!behind_) return;
  const Duration wall = std::chrono::milliseconds(milliseconds_of(clock_.wall()));
  const Duration apart = wall - recorder_.time_of(clock_.now());
  if (apart < shift_) return;
  shift_ = apart;
  behind_ = false;
}

void HistoryKeeper::note_error(const Error& error) {
  // Opened anew, it is looked at, and set aside when it is damaged.
  if (error.code == Errc::parse) close();
  note_fault(error.within(path_).what + ": " + fix_of(error, path_));
}

void HistoryKeeper::note_fault(const std::string& text) {
  {
    const std::lock_guard lock(mutex_);
    const bool known = !fault_.empty();
    fault_ = text;
    if (known) return;
  }
  note(Severity::warning, "what happens is not kept: " + text);
}

void HistoryKeeper::note_works() {
  {
    const std::lock_guard lock(mutex_);
    if (fault_.empty()) return;
    fault_.clear();
  }
  note(Severity::info, "what happens is kept again");
}

void HistoryKeeper::note(Severity severity, const std::string& text) {
  const std::lock_guard lock(mutex_);
  news_.push_back({EventKind::history, severity, text, {}, {}, {}});
}

HistoryBatch HistoryKeeper::take_pending() {
  const std::lock_guard lock(mutex_);
  return std::exchange(pending_, {});
}

HistoryBatch HistoryKeeper::copy_pending() {
  const std::lock_guard lock(mutex_);
  return pending_;
}

void HistoryKeeper::put_back(HistoryBatch&& batch) {
  const std::lock_guard lock(mutex_);
  prepend(pending_.spans, std::move(batch.spans));
  prepend(pending_.events, std::move(batch.events));
  prepend(pending_.effects, std::move(batch.effects));
  bound_pending();
}

}  // namespace m1opt::app
