#pragma once

#include <boost/describe.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

#include "model/config.h"
#include "model/event.h"
#include "model/history.h"
#include "model/snapshot.h"

/// The answers of the API besides model::StatusDocument. Each names its schema;
/// within a major version of it fields are only added.
namespace m1opt::wire {

using namespace m1opt::base;
using namespace m1opt::model;

/// degraded: something is broken and is answered with 503; warning: something
/// does not work as it could.
enum class HealthState { ok, warning, degraded };
BOOST_DESCRIBE_ENUM(HealthState, ok, warning, degraded)

struct HealthDocument {
  std::string schema{"m1opt.health/1"};
  HealthState status{};
  Mode mode{};
  std::string headline;
  std::vector<HealthFinding> findings;
};
BOOST_DESCRIBE_STRUCT(HealthDocument, (), (schema, status, mode, headline, findings))

struct VersionDocument {
  std::string schema{"m1opt.version/1"};
  std::string version;
  std::string api{"v1"};
};
BOOST_DESCRIBE_STRUCT(VersionDocument, (), (schema, version, api))

struct WorkloadsDocument {
  std::string schema{"m1opt.workloads/1"};
  WallTime taken;
  Duration age{};
  std::vector<WorkloadStatus> workloads;
};
BOOST_DESCRIBE_STRUCT(WorkloadsDocument, (), (schema, taken, age, workloads))

struct TargetsDocument {
  std::string schema{"m1opt.targets/1"};
  WallTime taken;
  Duration age{};
  std::vector<TargetStatus> targets;
};
BOOST_DESCRIBE_STRUCT(TargetsDocument, (), (schema, taken, age, targets))

struct RulesDocument {
  std::string schema{"m1opt.rules/1"};
  WallTime taken;
  Duration age{};
  std::vector<RuleStatus> rules;
};
BOOST_DESCRIBE_STRUCT(RulesDocument, (), (schema, taken, age, rules))

struct EventsDocument {
  std::string schema{"m1opt.events/1"};
  std::vector<Event> events;  ///< oldest first
  std::string next;           ///< what to give as `after` for those that come after these
};
BOOST_DESCRIBE_STRUCT(EventsDocument, (), (schema, events, next))

/// Points of one metric; a step in which it was not read has none.
struct HistorySeries {
  std::string metric;
  WallTime since;
  WallTime until;
  Duration step{};
  std::vector<HistoryPoint> points;  ///< oldest first, in the metric's own unit
};
BOOST_DESCRIBE_STRUCT(HistorySeries, (), (metric, since, until, step, points))

struct HistoryDocument {
  std::string schema{"m1opt.history/1"};
  std::optional<std::string> fault;    ///< why what happens is not kept; null: it is
  std::vector<HistoryMetric> metrics;  ///< all; empty when one was asked for
  std::optional<HistorySeries> series; ///< the one that was asked for
};
BOOST_DESCRIBE_STRUCT(HistoryDocument, (), (schema, fault, metrics, series))

struct EffectsDocument {
  std::string schema{"m1opt.effects/1"};
  std::optional<std::string> fault;  ///< why what happens is not kept; null: it is
  std::vector<HoldEffect> effects;   ///< oldest first
};
BOOST_DESCRIBE_STRUCT(EffectsDocument, (), (schema, fault, effects))

enum class ExplainKind { event, target, rule, process };
BOOST_DESCRIBE_ENUM(ExplainKind, event, target, rule, process)

/// Any process, as everybody may see it.
struct ProcessFacts {
  ProcessId id;
  std::string name;        ///< of its program, without the directory
  std::uint32_t uid{0};
  std::string protection;  ///< why it is never touched, whatever the configuration says; may be empty
};
BOOST_DESCRIBE_STRUCT(ProcessFacts, (), (id, name, uid, protection))

/// Why something is as it is: sentences for people, and what they rest on.
struct ExplainDocument {
  std::string schema{"m1opt.explain/1"};
  ExplainKind kind{};
  std::string subject;             ///< event id, target or rule name, pid
  std::vector<std::string> lines;  ///< sentences, the most important first
  std::optional<Event> event;
  std::optional<TargetStatus> target;
  std::optional<RuleStatus> rule;
  std::vector<HoldStatus> holds;  ///< now, on that target or by that rule
  std::vector<Event> events;      ///< the latest that concern it, oldest first
  std::optional<ProcessFacts> process;
};
BOOST_DESCRIBE_STRUCT(ExplainDocument, (),
                      (schema, kind, subject, lines, event, target, rule, holds, events, process))

struct ConfigDocument {
  std::string schema{"m1opt.config/1"};
  ConfigStatus source;
  Config config;  ///< effective: file, profile and drop-ins over the defaults
};
BOOST_DESCRIBE_STRUCT(ConfigDocument, (), (schema, source, config))

/// A profile that there is.
struct ProfileStatus {
  std::string name;
  std::string summary;
  bool active{false};      ///< in force, alone or with others
  bool automatic{false};   ///< part of what "auto" is on this machine
  std::vector<std::string> older_names;  ///< of other tools, taken for this one
};
BOOST_DESCRIBE_STRUCT(ProfileStatus, (), (name, summary, active, automatic, older_names))

struct ProfilesDocument {
  std::string schema{"m1opt.profiles/1"};
  std::string profile;  ///< in force: "8gb+fanless", "none"
  std::string choice;   ///< what was asked for: "auto", "none" or its name
  std::string reason;
  std::string automatic;         ///< what "auto" is on this machine
  std::string automatic_reason;
  std::vector<ProfileStatus> profiles;
};
BOOST_DESCRIBE_STRUCT(ProfilesDocument, (),
                      (schema, profile, choice, reason, automatic, automatic_reason, profiles))

/// One value that a command changes or, with dry_run, would change.
struct CommandChange {
  std::string name;
  std::string old;
  std::string new_;
};
BOOST_DESCRIBE_STRUCT(CommandChange, (), (name, old, new_))

struct CommandDocument {
  std::string schema{"m1opt.command/1"};
  ReplyCode code{};
  std::string text;
  bool dry_run{false};  ///< nothing was changed: asked for, or the daemon runs with --dry-run
  std::vector<CommandChange> changes;
};
BOOST_DESCRIBE_STRUCT(CommandDocument, (), (schema, code, text, dry_run, changes))

/// First line of the answer to POST /v1/leases.
struct LeaseDocument {
  std::string schema{"m1opt.lease/1"};
  std::string lease{"held"};
  std::optional<bool> raised;  ///< absent: not known yet, the next status says
  std::string text;
};
BOOST_DESCRIBE_STRUCT(LeaseDocument, (), (schema, lease, raised, text))

/// One finding of the self-test on a sacrificial child.
struct SelfTestStep {
  std::string name;
  bool passed{false};
  std::string evidence;
};
BOOST_DESCRIBE_STRUCT(SelfTestStep, (), (name, passed, evidence))

struct SelfTestDocument {
  std::string schema{"m1opt.selftest/1"};
  bool passed{false};
  std::vector<SelfTestStep> steps;
};
BOOST_DESCRIBE_STRUCT(SelfTestDocument, (), (schema, passed, steps))

HealthDocument make_health(const Snapshot& snapshot);
VersionDocument make_version(const Snapshot& snapshot);
ConfigDocument make_config_document(const Snapshot& snapshot);
ProfilesDocument make_profiles(const Snapshot& snapshot);
SelfTestDocument make_self_test(std::vector<SelfTestStep> steps);

/// "suspend for 12 s, at most 10 min more: ..."
std::string hold_text(const HoldStatus& hold);

/// `recent` are all the events that are kept, oldest first. Empty: no such thing.
std::optional<ExplainDocument> explain_event(const std::string& id, const Snapshot& snapshot,
                                             const std::vector<Event>& recent);
std::optional<ExplainDocument> explain_target(const std::string& name, const Snapshot& snapshot,
                                              const std::vector<Event>& recent);
std::optional<ExplainDocument> explain_rule(const std::string& name, const Snapshot& snapshot,
                                            const std::vector<Event>& recent);

ExplainDocument explain_process(const ProcessFacts& process, const Snapshot& snapshot,
                                const std::vector<Event>& recent);

}  // namespace m1opt::wire
