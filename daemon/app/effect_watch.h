#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "app/tick_observer.h"
#include "model/history.h"

namespace m1opt::app {

/// Finds out what each background and each suspension changed: the means of
/// some metrics over the time before it and after.
class EffectWatch {
 public:
  EffectWatch();

  /// `values` are those of history_metrics(), over the `span` until this tick. What has been
  /// watched for long enough, or has ended.
  std::vector<HoldEffect> note_tick(const TickRecord& tick, Duration span,
                                    const std::vector<std::optional<double>>& values);
  /// What is not finished, as far as it was watched.
  std::vector<HoldEffect> finish();

 private:
  struct Moment {
    Instant end;
    Duration span{};
    std::vector<std::optional<double>> values;
  };
  struct Mean {
    double sum{0};
    Duration span{};  ///< in which it was known

    void add(std::optional<double> value, Duration time);
    [[nodiscard]] std::optional<double> value() const;
  };
  struct Open {
    HoldEffect effect;
    Instant began;
    std::vector<Mean> after;
  };

  void begin(const TickRecord& tick, const Outcome& outcome);
  void add_before(HoldEffect& effect, Instant now) const;
  static HoldEffect close(Open&& open);

  std::vector<std::size_t> metrics_;  ///< places in history_metrics()
  std::deque<Moment> recent_;
  std::vector<Open> open_;
};

}  // namespace m1opt::app
