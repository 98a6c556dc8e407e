#include "act/executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "act/inheritance.h"
#include "act/outcome.h"
#include "base/fault.h"
#include "base/log.h"

namespace m1opt::act {

namespace {

constexpr int kNewcomerPasses = 8;
constexpr Duration kLockPatience = std::chrono::seconds(2);
constexpr int kStopTries = 100;  // a stop signal is delivered when each thread next runs
constexpr long kStopStepNs = 200'000;

/// A thread that ended on its own is no failure and has nothing to show.
bool has_ended(const Change& change, const Error& error) {
  return error.code == Errc::gone && change.subject.kind == SubjectKind::thread;
}

}  // namespace

Executor::Executor(Parts parts) : parts_(std::move(parts)), lock_(parts_.state_directory) {}

std::vector<Outcome> Executor::run(const std::vector<Action>& actions, const Companions& companions,
                                   Instant now) {
  look_again(now);
  note_births(companions.births);
  std::vector<Outcome> outcomes;
  for (const Action& action : actions) {
    Outcome outcome;
    switch (action.verb) {
      case ActionVerb::begin: outcome = begin(action, companions, now); break;
      case ActionVerb::extend: outcome = extend(action, companions); break;
      case ActionVerb::end: outcome = end(action.record, action.reason); break;
    }
    outcome.command = action.command;
    outcomes.push_back(std::move(outcome));
  }
  for (Undone& undone : undone_) undone.since = undone.since.value_or(now);
  return outcomes;
}

Outcome Executor::begin(const Action& action, const Companions& companions, Instant now) {
  Outcome outcome = outcome_of(action, 0);
  if (forbidden_) return failed(outcome, {Errc::unready, 0, *forbidden_});
  const ActionRow& row = row_of(action.kind);
  auto plan = make_plan(row, action, companions);
  if (!plan) return failed(outcome, plan.error());
  if (plan->changes.empty()) {
    return failed(outcome, {Errc::changed, 0, "it is in that state already, or traced, by somebody else"});
  }
  if (auto reversible = check_reversible(row, *plan); !reversible) {
    outcome.code = OutcomeCode::not_reversible;
    outcome.text = reversible.error().what;
    return outcome;
  }
  if (parts_.inert) {
    return failed(outcome, {Errc::not_permitted, 0, "would do: " + describe_changes(plan->changes)});
  }

  UndoRecord record{.id = 0,
                    .boot = parts_.boot,
                    .process = action.process,
                    .executable = action.executable,
                    .target = action.target,
                    .kind = action.kind,
                    .opened = now,
                    .deadline = action.deadline,
                    .reason = action.reason,
                    .opened_token = parts_.control.start_token_now(),
                    .session = 0,
                    .changes = plan->changes,
                    .family = {}};
  if (auto info = parts_.table.stat(action.process.pid)) record.session = info->session;
  fault_point("executor.before_journal");
  if (auto recorded = record_before_act(record); !recorded) return failed(outcome, recorded.error());
  outcome.record = record.id;
  fault_point("executor.after_record");

  if (auto same = check_identity(record); !same) return abandon(outcome, record, same.error());
  if (auto applied = apply(row, record.changes, plan->notes); !applied) {
    return abandon(outcome, record, applied.error());
  }
  if (record.changes.size() != plan->changes.size()) {
    // The journal keeps what was really done; the guardian may know more, that does no harm.
    if (auto stored = parts_.journal.update(record); !stored) {
      return abandon(outcome, record, not_of_the_process(stored.error()));
    }
    open_[record.id] = record;
  }
  fault_point("executor.after_apply");
  if (row.inherited) {
    if (auto more = apply_to_newcomers(row, action, companions, record, plan->notes); !more) {
      return abandon(outcome, record, more.error());
    }
  }
  if (auto same = check_identity(record); !same) return abandon(outcome, record, same.error());
  if (auto read = read_back(record.changes, plan->notes); !read) return abandon(outcome, record, read.error());
  if (auto guarded = check_guarded(); !guarded) return abandon(outcome, record, guarded.error());
  fault_point("executor.before_outcome");
  outcome.code = plan->notes.empty() ? OutcomeCode::applied : OutcomeCode::partial;
  outcome.text = with_notes(describe_changes(record.changes), plan->notes);
  return outcome;
}

Result<Plan> Executor::make_plan(const ActionRow& row, const Action& action,
                                 const Companions& companions) {
  static const std::set<std::int32_t> kNobody;
  const auto workload = companions.workloads.find(action.target);
  const auto& mates = !is_for_workload(action.kind)              ? companions.targets
                      : workload != companions.workloads.end() ? workload->second
                                                               : kNobody;
  auto plan = row.plan({parts_.control, mates, action.nice}, action.process);
  if (plan) look_through(parts_.table, open_, plan->changes);
  return plan;
}

Result<void> Executor::check_reversible(const ActionRow& row, Plan& plan) {
  std::vector<Change> kept;
  for (const Change& change : plan.changes) {
    auto allowed = parts_.control.may_undo(change);
    if (allowed) {
      kept.push_back(change);
    } else if (allowed.error().code == Errc::gone) {
      continue;  // a thread that ended since
    } else if (row.requires_attribute(change.attribute)) {
      return allowed;
    } else {
      plan.notes.push_back("left out: " + allowed.error().what);
    }
  }
  plan.changes = std::move(kept);
  const bool required = std::any_of(plan.changes.begin(), plan.changes.end(), [&](const auto& c) {
    return row.requires_attribute(c.attribute) || c.subject.kind != SubjectKind::thread;
  });
  if (!required) return Error{Errc::gone, 0, "nothing left to change"};
  return {};
}

Result<void> Executor::record_before_act(UndoRecord& record) {
  auto id = parts_.journal.add(record);
  if (!id) {
    return not_of_the_process(id.error().within("the journal cannot be written, so nothing is changed"));
  }
  record.id = *id;
  fault_point("executor.after_journal");
  if (auto known = parts_.guardian.hold(record); !known) {
    // It may hear of the record later, and would undo what was never done.
    parts_.guardian.closed(record.id);
    (void)parts_.journal.close(record.id, OutcomeCode::failed, known.error().what);
    return not_of_the_process(known.error());
  }
  open_[record.id] = record;
  return {};
}

Result<void> Executor::check_identity(const UndoRecord& record) {
  auto executable = parts_.control.identify(record.process);
  if (!executable) return executable.error();
  if (*executable == record.executable) return {};
  return Error{Errc::changed, 0, "it runs another program now"};
}

Result<void> Executor::check_guarded() {
  if (parts_.guardian.revoked()) return Error{Errc::unready, 0, "the guardian has taken over"};
  if (auto answers = parts_.guardian.receive(); !answers) return Error{Errc::unready, 0, "the guardian has ended"};
  return {};
}

Result<void> Executor::apply(const ActionRow& row, std::vector<Change>& changes,
                             std::vector<std::string>& notes) {
  for (auto change = changes.begin(); change != changes.end();) {
    fault_point("executor.before_change");
    auto written = parts_.control.write(change->attribute, change->subject, change->set);
    fault_point("executor.after_change");
    if (written) {
      ++change;
      continue;
    }
    const Error& error = written.error();
    // A thread that ended on its own is no failure; what the kernel does not know is left out,
    // unless it is what the action is about; anything else undoes the whole.
    const bool thread_ended = has_ended(*change, error) || (change->subject.kind == SubjectKind::thread &&
                                                            error.code == Errc::changed);
    const bool optional =
        error.code == Errc::unsupported && !row.requires_attribute(change->attribute);
    if (!thread_ended && !optional) return error;
    if (!thread_ended) {
      notes.push_back(fmt::format("this kernel has no {}",
                                  boost::describe::enum_to_string(change->attribute, "?")));
    }
    change = changes.erase(change);
  }
  return {};
}

Result<void> Executor::apply_to_newcomers(const ActionRow& row, const Action& action, const Companions& companions,
                                          UndoRecord& record, std::vector<std::string>& notes) {
  for (int pass = 0; pass < kNewcomerPasses; ++pass) {
    auto plan = make_plan(row, action, companions);
    if (!plan) return plan.error();
    std::vector<Change> fresh;
    for (const Change& change : plan->changes) {
      const bool known = std::any_of(record.changes.begin(), record.changes.end(), [&](const auto& c) {
        return c.attribute == change.attribute && c.subject == change.subject;
      });
      const bool supported = std::any_of(record.changes.begin(), record.changes.end(),
                                         [&](const auto& c) { return c.attribute == change.attribute; });
      // A known one that has another value again was changed by somebody else: no fighting here.
      if (!known && supported && parts_.control.may_undo(change)) fresh.push_back(change);
    }
    if (fresh.empty()) return {};
    const std::size_t before = record.changes.size();
    record.changes.insert(record.changes.end(), fresh.begin(), fresh.end());
    fault_point("executor.before_newcomers");
    if (auto stored = parts_.journal.update(record); !stored) {
      return not_of_the_process(stored.error());
    }
    open_[record.id] = record;
    if (auto known = parts_.guardian.hold(record); !known) return not_of_the_process(known.error());
    fault_point("executor.after_newcomers_record");
    std::vector<std::string> impossible;  // the first pass has said it
    if (auto applied = apply(row, fresh, impossible); !applied) return applied;
    // What a thread does with itself as soon as it is born is its own affair.
    if (auto read = read_back(fresh, notes); !read) notes.push_back(read.error().what);
    // Of what ended before its turn nothing is claimed; that journal and guardian know more does no harm.
    record.changes.resize(before);
    record.changes.insert(record.changes.end(), fresh.begin(), fresh.end());
    open_[record.id] = record;
  }
  notes.emplace_back("new threads come faster than they can be set");
  return {};
}

bool Executor::observed(const Change& change) {
  if (change.attribute != Attribute::run_state) {
    auto now = parts_.control.read(change.attribute, change.subject);
    return now ? *now == change.set : has_ended(change, now.error());
  }
  // A stop that is only on its way counts as ours for undo, but is not yet observed.
  for (int attempt = 0; attempt < kStopTries; ++attempt) {
    auto info = parts_.table.stat(change.subject.process.pid);
    if (!info || info->id != change.subject.process) return false;
    if (info->state == RunState::stopped) return true;
    const timespec pause{0, kStopStepNs};
    ::nanosleep(&pause, nullptr);
  }
  return false;
}

Result<void> Executor::read_back(const std::vector<Change>& changes, std::vector<std::string>& notes) {
  for (const Change& change : changes) {
    if (observed(change)) continue;
    auto now = parts_.control.read(change.attribute, change.subject);
    if (!now) {
      if (has_ended(change, now.error())) continue;
      return now.error();
    }
    if (*now == change.set) {
      notes.emplace_back("the stop is sent, and is taken when the process next runs");
      continue;
    }
    return Error{Errc::io, 0,
                 fmt::format("asked {} = {}, observed {}",
                             boost::describe::enum_to_string(change.attribute, "?"), change.set,
                             *now)};
  }
  return {};
}

Outcome Executor::abandon(Outcome outcome, const UndoRecord& record, const Error& error) {
  const Outcome undone = end(record.id, "the action failed: " + error.what, Closed::undo_anyway);
  outcome = failed(std::move(outcome), error);
  outcome.text += "; " + undone.text;
  if (open_.contains(record.id)) {
    log_error("record {} stays open: {}", record.id, undone.text);
  } else {
    outcome.record = 0;
  }
  return outcome;
}

Outcome Executor::end(RecordId id, const std::string& reason, Closed closed_by_other) {
  Outcome outcome;
  outcome.verb = ActionVerb::end;
  outcome.record = id;
  outcome.reason = reason;
  const auto found = open_.find(id);
  if (found == open_.end()) return failed(outcome, {Errc::gone, 0, "no such record"});
  if (found->second.changes.size() > 0) hand_over_groups(found->second);
  const UndoRecord record = found->second;
  outcome.kind = record.kind;
  outcome.process = record.process;
  outcome.target = record.target;
  auto held = lock_.acquire(kLockPatience);  // without it too: undoing twice does no harm
  fault_point("executor.before_undo");
  if (auto closing = parts_.journal.closing(id);
      closing && *closing && closed_by_other == Closed::leave) {
    // Whatever the process is now, it is so by somebody else.
    outcome.code = (*closing)->code;
    outcome.text = (*closing)->text;
    undone_.push_back({record, {}});
    forget(id);
    return outcome;
  }
  const UndoResult result = undo_record(parts_.control, parts_.table, parts_.boot, record, open_);
  fault_point("executor.after_undo");
  outcome.code = result.code;
  outcome.text = result.text;
  if (!is_over(result.code)) return outcome;
  // Undone on the machine first, then on disk: a full disk must not keep anybody stopped.
  if (auto closed = parts_.journal.close(id, result.code, result.text); !closed) {
    log_error("record {} is undone, but the journal does not say so: {}", id, closed.error().what);
  }
  fault_point("executor.after_close");
  undone_.push_back({record, {}});
  forget(id);
  return outcome;
}

void Executor::forget(RecordId id) {
  parts_.guardian.closed(id);
  open_.erase(id);
}

std::vector<Outcome> Executor::release_all(const std::string& reason) {
  std::vector<RecordId> order;
  for (const auto& [id, record] : open_) {
    if (is_stop(record.kind)) order.push_back(id);
  }
  for (const auto& [id, record] : open_) {
    if (!is_stop(record.kind)) order.push_back(id);
  }
  std::vector<Outcome> outcomes;
  for (const RecordId id : order) outcomes.push_back(end(id, reason));
  return outcomes;
}

}  // namespace m1opt::act
