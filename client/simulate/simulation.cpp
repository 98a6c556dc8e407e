#include "client/simulate/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <tuple>

#include "client/config_check.h"
#include "decide/metrics.h"
#include "decide/replay.h"
#include "wire/default_config.h"
#include "wire/json_source.h"
#include "wire/profiles.h"
#include "wire/trace.h"

namespace m1opt::client {
namespace {

/// Lists all that a daemon looks for, so nothing is missing of it.
bool is_whole(const wire::ConfigSource& source) {
  boost::json::parse_options options;
  options.allow_comments = true;
  options.allow_trailing_commas = true;
  const auto parsed = wire::parse_source(source.text, options);
  const boost::json::object* object = parsed ? parsed->if_object() : nullptr;
  return object != nullptr && object->contains("workloads") && object->contains("targets") &&
         object->contains("rules");
}

/// The rows that `recorded` has not, or with other executables or arguments.
template <class Row, class Looks>
void add_unseen(std::vector<std::string>& unseen, const std::vector<Row>& rows, const std::vector<Row>& recorded,
                const Looks& looks) {
  for (const Row& row : rows) {
    if (std::none_of(recorded.begin(), recorded.end(), [&](const Row& seen) { return looks(seen) == looks(row); })) {
      unseen.push_back(row.name);
    }
  }
}

model::Config shipped_config() {
  return wire::parse_config(wire::kDefaultConfig, "built-in default", decide::known_metrics()).value();
}

/// Of a trace that was recorded under `recorded`.
std::vector<std::string> unseen_rows(const model::Config& config, const model::Config& recorded) {
  std::vector<std::string> unseen;
  add_unseen(unseen, config.workloads, recorded.workloads, [](const model::WorkloadConfig& row) {
    return std::tie(row.name, row.executables, row.arguments, row.runner_executables, row.runner_arguments);
  });
  add_unseen(unseen, config.targets, recorded.targets,
             [](const model::TargetConfig& row) { return std::tie(row.name, row.executables); });
  return unseen;
}

/// One configuration and its replay.
class Run {
 public:
  /// `source` absent: as recorded.
  Run(std::optional<wire::ConfigSource> source, const std::string& profile)
      : source_(std::move(source)), profile_(profile), whole_(source_ && is_whole(*source_)), replay_(model::Config{}) {}

  std::optional<Failure> begin(const model::TraceHeader& header) {
    std::vector<wire::ConfigSource> sources;
    if (!whole_) {
      recorded_ = header.config.has_value();
      replaces_ = !profile_.empty() && header.without_profile;
      const auto& own = replaces_ ? header.without_profile : header.config;
      sources.push_back(own ? wire::ConfigSource{"the trace's configuration", wire::config_to_text(*own)}
                            : wire::ConfigSource{"built-in default", std::string(wire::kDefaultConfig)});
    }
    if (source_) sources.push_back(*source_);
    auto config = wire::parse_config(sources, wire::profile_overlays(profile_), decide::known_metrics());
    if (!config) return Failure{exit_code::kConfigInvalid, wire::to_string(config.error()), ""};
    unseen_ = unseen_rows(*config, header.config ? *header.config : shipped_config());
    replay_.set_config(*std::move(config));
    replay_.begin(header);
    return std::nullopt;
  }
  void tick(const model::TraceTick& tick) { replay_.tick(tick); }
  Simulated finish() {
    const std::string own = recorded_ ? "as recorded" : "as shipped";
    std::string name = source_ ? source_->name : own;
    if (source_ && !whole_) name += " over the one " + own;
    if (!profile_.empty()) name += ", with the profile " + profile_;
    if (replaces_) name += " for the one it had";
    return {std::move(name), std::move(unseen_), replay_.finish()};
  }

 private:
  std::optional<wire::ConfigSource> source_;
  std::string profile_;
  bool whole_;
  bool recorded_{false};
  bool replaces_{false};  ///< the profile that it was recorded with
  std::vector<std::string> unseen_;
  decide::Replay replay_;
};

class Runs final : public wire::TraceSink {
 public:
  Runs(std::vector<Run>& runs, Simulation& into) : runs_(runs), into_(into) {}

  void on_header(const model::TraceHeader& header) override {
    into_.version = header.version;
    into_.machine = header.machine;
    for (Run& run : runs_) {
      if (!failure) failure = run.begin(header);
    }
  }
  void on_tick(const model::TraceTick& tick) override {
    if (failure) return;
    for (Run& run : runs_) run.tick(tick);
  }

  std::optional<Failure> failure;

 private:
  std::vector<Run>& runs_;
  Simulation& into_;
};

/// Every line but one that is cut off. Absent: all is well.
std::optional<Failure> read_lines(std::istream& in, const std::string& name, Runs& runs, bool& cut_off) {
  wire::TraceReader reader(runs);
  std::string line;
  bool any = false;
  while (std::getline(in, line)) {
    if (in.eof()) {
      cut_off = true;
      break;
    }
    any = true;
    if (const auto fault = reader.take(line)) {
      return Failure{exit_code::kFailure, name + ": " + wire::to_string(*fault), ""};
    }
    if (runs.failure) return runs.failure;
  }
  if (in.bad()) return Failure{exit_code::kFailure, name + ": " + std::strerror(errno), ""};
  if (!any) return Failure{exit_code::kFailure, name + " is empty: no trace", ""};
  return std::nullopt;
}

Expected<std::vector<Run>> make_runs(const std::string& config, const std::string& other,
                                     const std::string& profile) {
  std::vector<Run> runs;
  for (const std::string& path : {config, other}) {
    if (path.empty()) {
      if (runs.empty()) runs.emplace_back(std::nullopt, profile);
      continue;
    }
    auto source = read_config_source(path);
    if (!source) return source.error();
    runs.emplace_back(*std::move(source), profile);
  }
  return runs;
}

/// What only one of two lists has; both are in time, and only rows of one time may be the same.
template <class Found, class Row, class Same>
std::vector<Found> compare(const std::vector<Row>& first, const std::vector<Row>& second, const Same& same) {
  std::vector<Found> found;
  auto a = first.begin();
  auto b = second.begin();
  while (a != first.end() || b != second.end()) {
    const bool a_is_next = b == second.end() || (a != first.end() && a->at <= b->at);
    const auto at = a_is_next ? a->at : b->at;
    const auto after = [at](const Row& row) { return row.at > at; };
    const auto a_end = std::find_if(a, first.end(), after);
    const auto b_end = std::find_if(b, second.end(), after);
    for (auto i = a; i != a_end; ++i) {
      if (std::none_of(b, b_end, [&](const Row& row) { return same(*i, row); })) found.push_back({true, *i});
    }
    for (auto i = b; i != b_end; ++i) {
      if (std::none_of(a, a_end, [&](const Row& row) { return same(*i, row); })) found.push_back({false, *i});
    }
    a = a_end;
    b = b_end;
  }
  return found;
}

}  // namespace

Expected<Simulation> simulate(const std::string& trace, const std::string& config, const std::string& other,
                              const std::string& profile) {
  auto runs = make_runs(config, other, profile);
  if (!runs) return runs.error();
  Simulation simulation;
  simulation.trace = trace;
  Runs sink(*runs, simulation);
  std::optional<Failure> failure;
  if (trace == "-") {
    failure = read_lines(std::cin, "standard input", sink, simulation.cut_off);
  } else {
    std::ifstream file(trace);
    if (!file) return Failure{exit_code::kFailure, fmt::format("{}: {}", trace, std::strerror(errno)), ""};
    failure = read_lines(file, trace, sink, simulation.cut_off);
  }
  if (failure) return *failure;
  simulation.simulated = runs->front().finish();
  if (runs->size() > 1) {
    simulation.other = runs->back().finish();
    const auto& first = simulation.simulated.report;
    simulation.differences = differences(first.actions, simulation.other->report.actions);
    simulation.request_differences = differences(first.requests, simulation.other->report.requests);
  }
  return simulation;
}

std::vector<Difference> differences(const std::vector<decide::ReplayAction>& first,
                                    const std::vector<decide::ReplayAction>& second) {
  return compare<Difference>(first, second, [](const auto& a, const auto& b) {
    return a.verb == b.verb && a.kind == b.kind && a.process == b.process && a.code == b.code;
  });
}

std::vector<RequestDifference> differences(const std::vector<decide::ReplayRequest>& first,
                                           const std::vector<decide::ReplayRequest>& second) {
  return compare<RequestDifference>(first, second, [](const auto& a, const auto& b) {
    return a.what == b.what && a.subject == b.subject && a.process == b.process;
  });
}

}  // namespace m1opt::client
