#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "model/trace.h"
#include "wire/decode.h"

/// A trace as text, one JSON document a line. A piece begins with a header ("schema"); each line
/// after it is a tick: {"at_s", "period_s", "sample", "own", "commands", "outcomes", "actions", "reasons"}.
/// `period_s` is given where it changed, `sample` has what changed (patch.h), in the first tick of a
/// piece everything; what else is empty is left out. A trace that was made by hand may also have
/// {"repeat": n}, for n more ticks, a period apart, and {"add": {...}}, whose numbers are added to the
/// sample's in each tick after this one, until another `add` is given.
namespace m1opt::wire {

/// The ticks of a line beyond this many are a mistake.
inline constexpr std::int64_t kMostRepeats = 1'000'000;

struct TraceFault {
  std::size_t line{0};  ///< from 1
  Fault fault;

  bool operator==(const TraceFault&) const = default;
};

/// "line 12: $.sample.memory.totl: unknown key ..."
std::string to_string(const TraceFault& fault);

/// Makes lines, each with its line feed.
class TraceWriter {
 public:
  /// What comes next is a whole tick.
  std::string header(const model::TraceHeader& header);
  /// `at` must not be before that of the tick before. The sample's outcomes are not looked at.
  std::string tick(base::Duration at, base::Duration period, const model::Sample& sample,
                   const model::TraceNotes& notes);

 private:
  model::TraceTick before_;
};

/// Gets what a reader understood, in order.
class TraceSink {
 public:
  virtual ~TraceSink() = default;
  virtual void on_header(const model::TraceHeader& header) = 0;
  virtual void on_tick(const model::TraceTick& tick) = 0;
};

/// Takes a trace line by line, whole pieces one after the other.
class TraceReader {
 public:
  explicit TraceReader(TraceSink& sink) : sink_(sink) {}

  /// After a fault nothing more is to be given. Empty lines are skipped.
  std::optional<TraceFault> take(std::string_view line);

 private:
  void take_header(DecodeState& state, const boost::json::object& object);
  void take_tick(DecodeState& state, const boost::json::object& object);
  void take_sample(DecodeState& state, const boost::json::object& object);
  void repeat(DecodeState& state, const boost::json::object& object);
  void grow(DecodeState& state);
  void give();

  TraceSink& sink_;
  std::size_t line_{0};
  bool headed_{false};
  std::string run_;
  std::optional<base::Duration> last_;  ///< of this run
  model::TraceTick tick_;
  boost::json::value add_;  ///< null: nothing
};

}  // namespace m1opt::wire
