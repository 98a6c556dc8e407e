#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "model/action.h"
#include "model/event.h"

/// What a replay of a trace came to. Times count from the trace's first tick.
namespace m1opt::decide {

using namespace m1opt::base;
using namespace m1opt::model;

/// A begin or an end, and how it went.
struct ReplayAction {
  Duration at{};
  ActionVerb verb{};
  ActionKind kind{};
  std::string target;
  std::string name;  ///< of the program
  ProcessId process;
  OutcomeCode code{};
  std::string text;  ///< why

  bool operator==(const ReplayAction&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReplayAction, (), (at, verb, kind, target, name, process, code, text))

/// What somebody else was asked to do: no hold, and never taken back.
struct ReplayRequest {
  Duration at{};
  std::string what;     ///< unload_model, stop_backup, set_tiers
  std::string subject;  ///< a model, a program; empty where there is but one
  std::optional<ProcessId> process;
  std::string rule;
  std::string text;     ///< why

  bool operator==(const ReplayRequest&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReplayRequest, (), (at, what, subject, process, rule, text))

struct ReplayEvent {
  Duration at{};
  EventKind kind{};
  Severity severity{};
  std::string text;
  std::string rule;
  std::string target;
  std::optional<ProcessId> process;

  bool operator==(const ReplayEvent&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReplayEvent, (), (at, kind, severity, text, rule, target, process))

/// Of a row of the targets table; the times of its processes are added up.
struct ReplayTarget {
  std::string name;
  Duration background{};
  Duration suspended{};
  int transitions{0};   ///< begins and ends
  int busiest_hour{0};  ///< the most of them within 60 minutes

  bool operator==(const ReplayTarget&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReplayTarget, (), (name, background, suspended, transitions, busiest_hour))

struct ReplayWorkload {
  std::string name;
  Duration busy{};
  Duration resident{};
  Duration raised{};  ///< of its processes together

  bool operator==(const ReplayWorkload&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReplayWorkload, (), (name, busy, resident, raised))

struct ReplayRule {
  std::string name;
  Duration tripped{};
  int trips{0};

  bool operator==(const ReplayRule&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReplayRule, (), (name, tripped, trips))

struct ReplayReport {
  std::size_t ticks{0};
  Duration span{};         ///< from the first tick to the last
  Duration awake{};        ///< kept from idle sleep
  int transitions{0};      ///< of all targets
  int busiest_hour{0};
  int still_held{0};       ///< targets' holds that are open at the end
  std::vector<ReplayTarget> targets;  ///< those that were held, by name
  std::vector<ReplayWorkload> workloads;
  std::vector<ReplayRule> rules;      ///< those that tripped, in the order of the config
  std::vector<ReplayAction> actions;
  std::vector<ReplayRequest> requests;
  std::vector<ReplayEvent> events;

  bool operator==(const ReplayReport&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReplayReport, (),
                      (ticks, span, awake, transitions, busiest_hour, still_held, targets,
                       workloads, rules, actions, requests, events))

}  // namespace m1opt::decide
