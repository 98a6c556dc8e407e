#include "decide/errands.h"

#include <fmt/format.h>

#include <algorithm>

#include "decide/bans.h"
#include "decide/rates.h"
#include "decide/targets.h"
#include "decide/text.h"
#include "decide/workloads.h"

namespace m1opt::decide {
namespace {

/// Memory that a model held is free some seconds after Ollama has answered.
constexpr Duration kAfterUnload = std::chrono::seconds(15);
/// The system begins the next backup within the hour; to end that one too would leave none.
constexpr Duration kAfterBackup = std::chrono::hours(2);
constexpr const char* kBackupTarget = "backupd";
constexpr const char* kOllama = "ollama";

struct Errand {
  LadderStep step;
  ErrandKind kind;
  Duration rest;  ///< before it may be asked for again
  const char* nothing;  ///< why there is no subject
  /// Its subject; absent: nothing to do for this rule.
  std::optional<std::string> (*find)(const Tick&, const RuleConfig&);
};

/// The model that has been idle longest, while no workload works: nobody's answer may end in a
/// model that is gone.
std::optional<std::string> find_idle_model(const Tick& tick, const RuleConfig& /*rule*/) {
  if (tick.any_busy() || is_any_unjudged(tick)) return std::nullopt;
  for (const auto& workload : tick.sample.workloads) {
    if (workload.name != kOllama || !workload.models) continue;
    if (workload.leased || workload.request_running.value_or(false)) return std::nullopt;
    const auto& memory = tick.state.workloads.at(workload.name);
    // After the daemon's start all were first seen at one time: of two the server keeps as long, the one that would
    // expire first has been idle longer. Its times, RFC 3339 of one place, are in the order of their text.
    const auto since = [&](const auto& row) { return std::pair(row.second, memory.expiries.at(row.first)); };
    const auto longest = std::min_element(memory.used.begin(), memory.used.end(),
                                          [&](const auto& a, const auto& b) { return since(a) < since(b); });
    if (longest != memory.used.end()) return longest->first;
  }
  return std::nullopt;
}

/// One that reads and writes, not one that only waits for its hour.
std::optional<std::string> find_backup(const Tick& tick, const RuleConfig& rule) {
  for (const auto& [id, target] : tick.targets) {
    if (target->target == kBackupTarget && demand_of(tick.state, id) >= 1 &&
        is_in_scope(tick, rule.scope, *target)) {
      return std::string();
    }
  }
  return std::nullopt;
}

constexpr std::array kErrands{
    Errand{LadderStep::unload_idle_models, ErrandKind::unload_model, kAfterUnload,
           "no model of Ollama's is idle while nothing works", find_idle_model},
    Errand{LadderStep::stop_backup, ErrandKind::stop_backup, kAfterBackup, "no backup runs that it is about", find_backup},
};

const Errand& errand_of(ErrandKind kind) {
  return *std::find_if(kErrands.begin(), kErrands.end(),
                       [&](const Errand& errand) { return errand.kind == kind; });
}

std::string what_text(const ErrandRequest& request) {
  switch (request.kind) {
    case ErrandKind::unload_model: return "unloading the idle model " + request.subject;
    case ErrandKind::stop_backup: return "ending the backup that runs";
  }
  return {};
}

}  // namespace

void absorb_errand_outcomes(Tick& tick) {
  for (const ErrandOutcome& outcome : tick.sample.errand_outcomes) {
    const ErrandRequest& request = outcome.request;
    ErrandMemory& memory = tick.state.errands[request.kind];
    memory.waiting = false;
    if (outcome.result == ErrandResult::unsupported) memory.unsupported = outcome.text;
    const bool done = outcome.result == ErrandResult::done;
    memory.failures = done ? 0 : memory.failures + 1;
    const Duration rest = done ? errand_of(request.kind).rest : back_off_after(memory.failures);
    memory.not_before = tick.now + rest;
    std::string text = fmt::format("{}: {}", what_text(request), outcome.text);
    if (outcome.result == ErrandResult::failed) {
      text += "; not tried again for " + duration_text(rest);
    }
    tick.report(done ? EventKind::action_done : EventKind::action_failed,
                done ? Severity::info : Severity::warning, text, request.rule);
  }
}

std::string errand_obstacle(const Tick& tick, const RuleView& rule) {
  if (!rule.acting()) return {};
  for (const Errand& errand : kErrands) {
    if (!rule.has(errand.step)) continue;
    if (!rule.pressing) return "it waits to clear";
    if (rule.falling) return "the reading falls, so it waits";
    const auto found = tick.state.errands.find(errand.kind);
    if (found != tick.state.errands.end()) {
      const ErrandMemory& memory = found->second;
      if (memory.waiting) return "it has asked, and has no answer yet";
      if (memory.unsupported) return *memory.unsupported;
      if (memory.not_before > tick.now) return fmt::format("it asks again in {}", duration_text(memory.not_before - tick.now));
    }
    return errand.find(tick, *rule.config) ? std::string() : std::string(errand.nothing);
  }
  return {};
}

void send_on_errands(Tick& tick, const std::vector<RuleView>& rules) {
  if (tick.passive()) return;
  for (const Errand& errand : kErrands) {
    const auto rule = std::find_if(rules.begin(), rules.end(), [&](const RuleView& view) {
      return view.acting() && view.pressing && !view.falling && view.has(errand.step);
    });
    if (rule == rules.end()) continue;
    ErrandMemory& memory = tick.state.errands[errand.kind];
    if (memory.waiting || memory.unsupported || memory.not_before > tick.now) continue;
    auto subject = errand.find(tick, *rule->config);
    if (!subject) continue;
    memory.waiting = true;
    tick.decision.errands.push_back({errand.kind, std::move(*subject), rule->config->name,
                                     rule->config->name + ": " + rule->text});
  }
}

}  // namespace m1opt::decide
