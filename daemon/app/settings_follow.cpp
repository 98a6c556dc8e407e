// Settings that are set and put back by themselves: while a workload is busy, or while the daemon runs.
#include <fmt/format.h>

#include <algorithm>

#include "app/settings_keeper.h"

namespace m1opt::app {

using settings::Engine;
using settings::Outcome;
using settings::SettingsJournal;

namespace {

constexpr Duration kFirstRetry = std::chrono::minutes(1);
constexpr Duration kLongestRetry = std::chrono::hours(1);

bool has_open(const SettingsJournal& journal, const std::string& name) {
  const auto open = journal.open_records();
  return std::any_of(open.begin(), open.end(),
                     [&](const settings::Record& record) { return record.setting == name; });
}

bool is_trouble(Outcome outcome) {
  return outcome == Outcome::failed || outcome == Outcome::refused || outcome == Outcome::not_taken;
}

}  // namespace

void SettingsKeeper::recover() {
  if (!parts_.acts) return;
  const auto recovery =
      recover_settings(parts_.state_directory, parts_.access, parts_.clock, parts_.boot, Extent::bound);
  for (const auto& report : recovery.reports) note(report, "left by an earlier run");
  if (recovery.fault) note_fault(*recovery.fault);
  if (auto wishes = wish_file_.load()) {
    wishes_ = std::move(*wishes);
  } else {
    note_fault(wishes.error());
  }
  if (const auto journal = SettingsJournal::open(parts_.state_directory, SettingsJournal::Use::read)) {
    note_journal(journal->open_records());
  }
}

void SettingsKeeper::note_tick(const TickRecord& tick) {
  std::vector<decide::Reason> news;
  bool due = false;
  {
    const std::lock_guard lock(mutex_);
    news.swap(news_);
    const Mode mode = tick.decision.mode;
    stand_.running = parts_.acts && (mode == Mode::active || mode == Mode::passive);
    stand_.active = stand_.running && !tick.decision.working.empty();
    const bool retry = retry_ && tick.now >= *retry_;
    due = parts_.acts && bound_ && !following_ && !finished_ && (followed_ != stand_ || retry);
    following_ = following_ || due;
  }
  for (const decide::Reason& reason : news) report_(reason);
  if (!due || post_([this] { follow(); })) return;
  const std::lock_guard lock(mutex_);
  following_ = false;
}

std::vector<HealthFinding> SettingsKeeper::findings() {
  const std::lock_guard lock(mutex_);
  std::vector<HealthFinding> found;
  if (fault_) {
    found.push_back({Severity::error, "settings of the system's cannot be set or put back: " + fault_->what,
                     "sudo m1optctl tune history shows what is known of them"});
  }
  for (const auto& [name, finding] : findings_) found.push_back(finding);
  return found;
}

void SettingsKeeper::finish() {
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    if (!bound_) return;
  }
  (void)post_([this] { follow(); });
}

bool SettingsKeeper::end() {
  if (bound_open_ > 0) follow();
  return bound_open_ == 0;
}

SettingsKeeper::Stand SettingsKeeper::current_stand() {
  const std::lock_guard lock(mutex_);
  return finished_ ? Stand{} : stand_;
}

void SettingsKeeper::follow() {
  const Stand stand = current_stand();
  bool trouble = false;
  auto journal = SettingsJournal::open(parts_.state_directory, SettingsJournal::Use::write);
  if (journal) {
    Engine engine(parts_.access, *journal, parts_.clock, parts_.boot);
    trouble = !put_back_unwished(engine, stand);
    for (const std::string& name : wishes_) {
      const settings::Setting* known = find_row(name);
      if (known == nullptr) continue;  // of another version of m1opt, which may come back
      const auto report = follow_one(engine, *journal, *known, stand);
      trouble = trouble || (report && is_trouble(report->outcome));
    }
    listed_.reset();
    note_journal(journal->open_records());
  } else {
    trouble = true;
    note_fault(journal.error());
  }
  const std::lock_guard lock(mutex_);
  followed_ = stand;
  following_ = false;
  wait_ = trouble ? std::min(std::max(wait_ * 2, kFirstRetry), kLongestRetry) : Duration{};
  retry_ = trouble ? std::optional(parts_.clock.now() + wait_) : std::nullopt;
}

std::optional<settings::Report> SettingsKeeper::follow_one(Engine& engine, const SettingsJournal& journal,
                                                           const settings::Setting& row, const Stand& stand) {
  const bool wanted = row.lifetime == settings::Lifetime::while_active ? stand.active : stand.running;
  if (!wanted || has_open(journal, row.name)) return std::nullopt;
  auto report = engine.apply(resolve(row));
  note(report, row.lifetime == settings::Lifetime::while_active ? "a workload is busy" : "m1optd runs");
  return report;
}

/// All that is bound and not to be set now: also what was wished for and no longer is.
bool SettingsKeeper::put_back_unwished(Engine& engine, const Stand& stand) {
  const auto reports = engine.undo([&](const settings::Record& record) {
    if (!is_bound(record.lifetime)) return false;
    const bool wanted = record.lifetime == settings::Lifetime::while_active ? stand.active : stand.running;
    return !wanted || !wishes_.contains(record.setting);
  });
  for (const auto& report : reports) note(report, stand.running ? "no workload is busy" : "m1opt stops or is paused");
  return std::none_of(reports.begin(), reports.end(), [](const auto& report) { return is_trouble(report.outcome); });
}

/// A failure is an event once, until it goes well; what was so already is none.
void SettingsKeeper::note(const settings::Report& report, const std::string& why, bool asked) {
  const bool trouble = is_trouble(report.outcome);
  const bool news = trouble ? told_.insert(report.setting).second : report.outcome != Outcome::already;
  if (!trouble) told_.erase(report.setting);
  const std::lock_guard lock(mutex_);
  std::erase_if(findings_, [&](const auto& each) { return each.first == report.setting; });
  if (trouble && (!asked || report.outcome == Outcome::failed)) {
    findings_.emplace_back(report.setting,
                           HealthFinding{report.outcome == Outcome::failed ? Severity::error : Severity::warning,
                                         fmt::format("the setting {}: {}", report.setting, report.text),
                                         "sudo m1optctl tune undo " + report.setting});
  }
  if (!news) return;
  const Severity severity = trouble                                ? Severity::warning
                            : report.outcome == Outcome::changed ? Severity::warning
                                                                   : Severity::info;
  news_.push_back({EventKind::setting, severity, fmt::format("{} ({})", text_of(report), why), {}, report.setting, {}});
}

void SettingsKeeper::note_fault(const Error& error) {
  const std::lock_guard lock(mutex_);
  // Somebody else is at it for a moment.
  if (error.code == Errc::busy || (fault_ && fault_->what == error.what)) return;
  fault_ = error;
  news_.push_back({EventKind::setting, Severity::error, error.what, {}, {}, {}});
}

void SettingsKeeper::note_journal(const std::vector<settings::Record>& open) {
  const std::lock_guard lock(mutex_);
  bound_open_ = static_cast<std::size_t>(std::count_if(
      open.begin(), open.end(), [](const settings::Record& record) { return is_bound(record.lifetime); }));
  bound_ = bound_open_ > 0 || !wishes_.empty();
  // What a damaged one held stays unknown.
  if (fault_ && fault_->code != Errc::parse) fault_.reset();
}

}  // namespace m1opt::app
