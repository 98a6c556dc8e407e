#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "decide/policy.h"
#include "model/trace.h"

namespace m1opt::decide {

/// The machine of a trace with the holds of a simulation in place of those that were recorded.
/// Its readings stay as they were, whatever is held: what a hold would have done for memory, heat or
/// another process cannot be known. What is simulated is the held process itself: one that is stopped
/// takes no CPU, one in the background next to none while a workload and others take every core. Where
/// the recording had the same hold the process is shown as it was.
class ReplayMachine {
 public:
  /// A carried out action and how it went.
  using Done = std::pair<Action, Outcome>;

  /// What was held when the piece began. On a new run nothing simulated is held any more.
  void begin_piece(const TraceHeader& header, bool new_run);

  /// The sample of this tick as the policy gets it, with the outcomes of what was asked for last.
  /// `starved`: who is in the background has got no core since the last tick. `slept`: the machine was
  /// asleep since then, which releases everything before.
  const Sample& show(const TraceTick& tick, const Config& config, bool starved, bool slept);

  /// To be done; the next tick says how it went.
  void ask(const Decision& decision, const TraceTick& tick);

  /// What show() found to have been done, in order; ends by a sleep or a restart too.
  std::vector<Done> take_done() { return std::exchange(done_, {}); }

 private:
  using HoldKey = std::pair<ProcessId, ActionKind>;
  struct Recorded {
    RecordId record{0};
    int nice_before{0};
  };
  struct Simulated {
    Action action;
    int nice{0};
  };
  /// CPU time that a process would not have had.
  struct Lost {
    Duration recorded{};
    Duration lost{};
    bool seen{false};
  };

  void release_all(const std::string& why);
  void settle(const TraceTick& tick, bool slept);
  void settle_asked(const TraceTick& tick);
  void follow_releases(const TraceTick& tick);
  void note_recorded(const TraceTick& tick);
  void finish(const Action& action, OutcomeCode code, std::string text);
  void fit(const Config& config);
  void show_process(ProcessInfo& process, bool starved);
  void take_cpu(ProcessInfo& process, bool starved);

  std::map<HoldKey, Recorded> recorded_;
  std::map<HoldKey, Simulated> simulated_;
  std::map<ProcessId, Lost> lost_;
  std::map<ProcessId, int> nice_;  ///< as last recorded
  std::vector<Action> asked_;
  std::vector<TierRequest> tiers_;
  std::vector<ErrandRequest> errands_;
  std::set<RecordId> recorded_ends_;  ///< that the recorded daemon asked for in the last tick
  std::vector<Done> done_;
  RecordId last_record_{0};
  Sample shown_;
};

}  // namespace m1opt::decide
