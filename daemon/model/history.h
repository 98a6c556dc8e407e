#pragma once

#include <boost/describe.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/action.h"
#include "model/event.h"

/// What is kept over restarts, for people: no decision is made from it.
namespace m1opt::model {

/// Time on the history's own clock: since 1970, as the machine's clock had it
/// when the daemon started, and from then on by a clock that nobody sets. It
/// never goes back, so what came later is later.
using HistoryTime = Duration;

/// What a metric was from `at` on for `span`.
struct HistorySpan {
  HistoryTime at{};
  Duration span{};
  double min{0};
  double avg{0};  ///< over the time
  double max{0};

  bool operator==(const HistorySpan&) const = default;
};

/// A span of one metric, to be kept; `metric` is its place in a list of names.
struct MetricSpan {
  std::size_t metric{0};
  HistorySpan span;
};

struct HistoryEvent {
  HistoryTime at{};
  Event event;
};

/// What a metric was before a hold and after; absent: not known then.
struct EffectReading {
  std::string metric;
  std::optional<double> before;
  std::optional<double> after;

  bool operator==(const EffectReading&) const = default;
};
BOOST_DESCRIBE_STRUCT(EffectReading, (), (metric, before, after))

/// What a hold changed: means over the time before it began and after.
struct HoldEffect {
  WallTime time;  ///< when it began
  RecordId record{0};
  ActionKind kind{};
  std::string target;
  ProcessId process;
  std::string reason;
  Duration before{};  ///< at most 30 s; less when the daemon had just started
  Duration after{};   ///< at most 30 s; less when the hold or the daemon ended sooner
  std::vector<EffectReading> readings;

  bool operator==(const HoldEffect&) const = default;
};
BOOST_DESCRIBE_STRUCT(HoldEffect, (),
                      (time, record, kind, target, process, reason, before, after, readings))

struct HistoryEffect {
  HistoryTime at{};
  HoldEffect effect;
};

/// What is to be written next.
struct HistoryBatch {
  std::vector<MetricSpan> spans;
  std::vector<HistoryEvent> events;
  std::vector<HistoryEffect> effects;

  [[nodiscard]] bool empty() const { return spans.empty() && events.empty() && effects.empty(); }
};

/// A metric that is or was kept; first and last are absent when it never had a reading.
struct HistoryMetric {
  std::string name;
  std::optional<WallTime> first;
  std::optional<WallTime> last;

  bool operator==(const HistoryMetric&) const = default;
};
BOOST_DESCRIBE_STRUCT(HistoryMetric, (), (name, first, last))

/// A span as the API shows it.
struct HistoryPoint {
  WallTime time;  ///< its beginning
  Duration span{};
  double min{0};
  double avg{0};
  double max{0};

  bool operator==(const HistoryPoint&) const = default;
};
BOOST_DESCRIBE_STRUCT(HistoryPoint, (), (time, span, min, avg, max))

}  // namespace m1opt::model
