#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "journal/database.h"
#include "journal/file_place.h"
#include "model/history.h"

namespace m1opt::journal {

using namespace m1opt::model;

inline constexpr Duration kSecondsKept = std::chrono::hours(1);
inline constexpr Duration kMinutesKept = std::chrono::hours(24 * 14);
inline constexpr Duration kEventsKept = std::chrono::hours(24 * 90);

/// history.db: what was read, what happened and what each hold changed. It is
/// expendable: no effect on the machine needs it, and a crash or power cut may
/// take what was last written. Each reading stands in it once, to the second at
/// first and to the minute when it is older. Used on one thread.
class History {
 public:
  /// A file that is not a plain one of ours is `not_permitted`, a newer m1opt's `unsupported`, one
  /// locked by another program `busy`, what is damaged `parse`: every page is looked at.
  static Result<History> open(const std::string& path);

  struct Damage {
    std::string kept_as;  ///< empty: there was none
    std::string text;
  };
  /// As open(), but a damaged file is renamed to PATH.damaged-N and a new one begun.
  static Result<History> open_or_set_aside(const std::string& path, Damage& damage);

  /// Adds all of it or nothing, then thins what is old by `now`. When the files would grow beyond
  /// `most`, the oldest goes.
  Result<void> append(const HistoryBatch& batch, const std::vector<std::string>& metrics,
                      HistoryTime now, Bytes most);

  /// The latest that is kept; zero when nothing is.
  Result<HistoryTime> last();

  struct Kept {
    std::string metric;
    HistoryTime first{};
    HistoryTime last{};
  };
  Result<std::vector<Kept>> metrics();
  using Visit = std::function<void(const HistorySpan&)>;
  /// Those that begin in [from, until), in order, as finely as they are kept.
  Result<void> visit_spans(const std::string& metric, HistoryTime from, HistoryTime until,
                           const Visit& visit);
  struct EventQuery {
    HistoryTime from{};
    std::string after{};              ///< an id: only later ones; one that is not kept counts as none
    std::optional<EventKind> kind{};  ///< absent: all
    std::size_t limit{0};
  };
  /// Oldest first.
  Result<std::vector<Event>> events(const EventQuery& query);
  /// The one with this id; empty: it is not kept.
  Result<std::optional<Event>> event(const std::string& id);
  /// The latest `limit` since `from`, oldest first.
  Result<std::vector<HoldEffect>> effects(HistoryTime from, std::size_t limit);

  /// Are the files still those that were opened? The error names the one that is not.
  [[nodiscard]] Result<void> check_place() const { return place_.check(); }

 private:
  explicit History(Database db) : db_(std::move(db)) {}
  Result<void> prepare_schema();

  Result<void> insert(const HistoryBatch& batch, const std::vector<std::string>& metrics);
  Result<void> insert_spans(const std::vector<MetricSpan>& spans,
                            const std::vector<std::string>& metrics);
  Result<void> insert_events(const std::vector<HistoryEvent>& events);
  Result<void> insert_effects(const std::vector<HistoryEffect>& effects);
  Result<void> thin(HistoryTime now);
  Result<void> forget_before(HistoryTime time);
  Result<void> set_most(Bytes most);
  Result<bool> forget_oldest();
  Result<void> make_room(Bytes most);
  Result<std::optional<HistoryTime>> oldest();

  Database db_;
  FilePlace place_;
  Bytes most_{};
};

}  // namespace m1opt::journal
