#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/history_recorder.h"
#include "decide/policy.h"
#include "journal/history.h"
#include "serve/history_archive.h"

namespace m1opt::app {

/// Keeps history.db. The control thread only remembers; opening, checking,
/// writing and reading are the slow thread's, once a minute or when somebody
/// asks. Whatever becomes of the file, the loop does not notice.
class HistoryKeeper final : public TickObserver, public serve::HistoryArchive {
 public:
  using Post = std::function<bool(std::function<void()>)>;
  using Report = std::function<void(const decide::Reason&)>;

  /// `path` empty: nothing is kept, since this daemon looks at a copy of a machine.
  HistoryKeeper(const Clock& clock, std::string path);

  /// `post` does work on the slow thread; `report` makes an event of a reason, on the control thread.
  void connect(Post post, Report report);

  // Control thread.
  void note_tick(const TickRecord& tick) override;
  void note_event(const Event& event) override;
  std::string trouble() override;
  /// Nothing more will come: what there is, is to be written.
  void finish();

  // Slow thread.
  WallTime wall() override { return clock_.wall(); }
  std::string fault() override;
  Result<std::vector<HistoryMetric>> metrics() override;
  Result<std::vector<HistoryPoint>> series(const serve::HistoryQuery& query) override;
  Result<std::vector<Event>> events(const serve::EventsQuery& query) override;
  Result<std::optional<Event>> event(const std::string& id) override;
  Result<std::vector<HoldEffect>> effects(WallTime since, std::size_t limit) override;

 private:
  [[nodiscard]] bool enabled() const { return enabled_.value_or(true); }
  void follow_config(const HistoryConfig& config);
  void report_news();
  void write_when_due(Duration period);
  void bound_pending();

  // Slow thread (history_writing.cpp).
  void write();
  void close();
  void turn_off(bool was_on);
  /// The file that can be used now; null: there is none, and fault_ says why.
  journal::History* file();
  /// After an error of the file: damaged, it is set aside and another is begun.
  void note_error(const Error& error);
  void note_fault(const std::string& text);
  void note_works();
  void note(Severity severity, const std::string& text);
  void follow_clock();
  HistoryBatch take_pending();
  void put_back(HistoryBatch&& batch);
  HistoryBatch copy_pending();

  /// Between the clock on the wall and the history's own.
  [[nodiscard]] Duration offset() const;
  [[nodiscard]] HistoryTime time_of(WallTime wall) const;
  [[nodiscard]] WallTime wall_of(HistoryTime time) const;

  const Clock& clock_;
  const std::string path_;
  Post post_;
  Report report_;

  // Control thread.
  HistoryRecorder recorder_;
  Instant last_write_;
  std::optional<bool> enabled_;  ///< absent: no tick has told yet, so everything is remembered

  // Slow thread.
  std::optional<journal::History> file_;
  Duration shift_{};  ///< of the recorder's clock, so that nothing is before what is in the file
  bool behind_{false};  ///< the machine's clock is: when it is set right, so is the history's
  Instant retry_;

  std::mutex mutex_;
  HistoryBatch pending_;
  bool writing_{false};
  bool wanted_{true};
  Bytes most_{HistoryConfig{}.max};
  std::string fault_;
  std::vector<decide::Reason> news_;
};

}  // namespace m1opt::app
