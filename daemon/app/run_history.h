#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "decide/state.h"
#include "model/config.h"

namespace m1opt::app {

using namespace m1opt::base;
using namespace m1opt::model;

/// How the daemon's runs of this boot ended.
struct RunHistory {
  BootId boot;
  bool running{false};           ///< the last run has not ended cleanly (yet)
  std::vector<Instant> crashes;  ///< when a start found that the run before had not

  bool operator==(const RunHistory&) const = default;
};

std::string history_to_text(const RunHistory& history);
/// `parse` for anything but what history_to_text() writes.
Result<RunHistory> history_from_text(std::string_view text);

/// The history with a run that starts now. Absent: it could not be read, and what cannot be ruled
/// out is taken for the worst: as many crashes as lead to safe mode.
RunHistory begin_run(const std::optional<RunHistory>& before, const BootId& boot, Instant now,
                     const LimitsConfig& limits);
/// Safe mode for a run that started with this history.
decide::SafeState safe_state_of(const RunHistory& history, Instant now, const LimitsConfig& limits);

/// The history in a file of the state directory. Written before anything is undone or done, so
/// that a run which dies at once counts too.
class RunMark {
 public:
  explicit RunMark(const std::string& state_directory) : path_(state_directory + "/runs.txt") {}

  /// A history that cannot be kept cannot show a crash loop: safe mode until it can.
  decide::SafeState begin(const BootId& boot, Instant now, const LimitsConfig& limits);
  /// Call it once a tick: what the history says once it could be written after all.
  std::optional<decide::SafeState> try_again(Instant now);
  /// An orderly end, and all earlier ends are forgotten.
  void end();

 private:
  Result<void> write();
  [[nodiscard]] decide::SafeState judge(Instant now) const;

  std::string path_;
  LimitsConfig limits_;
  RunHistory history_;
  std::optional<std::string> unreadable_;  ///< how earlier runs ended is not known: why
  std::optional<Instant> retry_;           ///< it could not be written yet
};

}  // namespace m1opt::app
