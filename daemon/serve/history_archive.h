#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/history.h"

namespace m1opt::serve {

using namespace m1opt::base;
using namespace m1opt::model;

struct HistoryQuery {
  std::string metric;
  WallTime since;
  WallTime until;
  Duration step{};
};

struct EventsQuery {
  WallTime since;
  std::string after{};              ///< an event's id: only later ones
  std::optional<EventKind> kind{};  ///< absent: all
  std::size_t limit{0};
};

/// What serve/ may ask of the history, on the slow thread.
class HistoryArchive {
 public:
  virtual ~HistoryArchive() = default;

  /// The time of day of what happens now.
  virtual WallTime wall() = 0;
  /// Why what happens is not kept; empty: it is.
  virtual std::string fault() = 0;
  virtual Result<std::vector<HistoryMetric>> metrics() = 0;
  /// At most one point a step, oldest first; a step without a reading has none.
  virtual Result<std::vector<HistoryPoint>> series(const HistoryQuery& query) = 0;
  /// Those that were written, of earlier runs too, oldest first.
  virtual Result<std::vector<Event>> events(const EventsQuery& query) = 0;
  /// One of them; empty: it is not there, or no longer.
  virtual Result<std::optional<Event>> event(const std::string& id) = 0;
  /// The latest `limit` of them, oldest first.
  virtual Result<std::vector<HoldEffect>> effects(WallTime since, std::size_t limit) = 0;
};

}  // namespace m1opt::serve
