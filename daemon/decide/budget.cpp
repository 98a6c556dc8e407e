#include "decide/budget.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "decide/text.h"

namespace m1opt::decide {
namespace {

constexpr int kMostStretch = 8;
/// Twice as many ticks must fit into this share of the budget before there are twice as many, or
/// the interval would swing.
constexpr double kRoom = 0.8;

std::string mib_text(Bytes bytes) {
  return number_text(static_cast<double>(bytes.value()) / (1 << 20)) + " MiB";
}

std::map<std::string, std::string> find_excess(const OwnCostReading& own, const SelfConfig& most) {
  std::map<std::string, std::string> over;
  if (own.cpu && *own.cpu > most.cpu) {
    over["cpu"] = fmt::format("CPU {} of a core, {} allowed", percent_text(own.cpu->value()),
                              percent_text(most.cpu.value()));
  }
  if (own.memory && *own.memory > most.memory) {
    over["memory"] =
        fmt::format("memory {}, {} allowed", mib_text(*own.memory), mib_text(most.memory));
  }
  if (own.open_files && *own.open_files > most.open_files) {
    over["open_files"] =
        fmt::format("{} open files, {} allowed", *own.open_files, most.open_files);
  }
  if (own.wakeups_per_s && *own.wakeups_per_s > most.wakeups_per_s) {
    over["wakeups"] = fmt::format("{} wake-ups a second, {} allowed",
                                  number_text(*own.wakeups_per_s), number_text(most.wakeups_per_s));
  }
  if (own.lateness > most.lateness) {
    over["lateness"] = fmt::format("a tick {} late, {} allowed", duration_text(own.lateness),
                                   duration_text(most.lateness));
  }
  return over;
}

/// Only by what the loop's own thread takes: anybody may keep the socket busy, and must not be able
/// to slow the watch down by it; and a tick that comes late is no reason to look less often.
void adapt_stretch(BudgetState& budget, const OwnCostReading& own, const SelfConfig& most) {
  if (!own.loop_cpu) return;
  if (*own.loop_cpu > most.cpu) {
    budget.stretch = std::min(2 * budget.stretch, kMostStretch);
  } else if (2 * own.loop_cpu->value() <= kRoom * most.cpu.value()) {
    budget.stretch = std::max(budget.stretch / 2, 1);
  }
}

}  // namespace

void judge_own_cost(Tick& tick) {
  if (!tick.sample.own) return;
  BudgetState& budget = tick.state.budget;
  budget.over = find_excess(*tick.sample.own, tick.config.self);
  adapt_stretch(budget, *tick.sample.own, tick.config.self);
  std::vector<std::string> fresh;
  for (const auto& [what, text] : budget.over) {
    if (budget.said.insert(what).second) fresh.push_back(text);
  }
  if (!fresh.empty()) {
    std::string text = fmt::format("m1optd takes more than it may: {}", fmt::join(fresh, "; "));
    if (budget.stretch > 1) text += "; it looks every " + duration_text(stretched_period(tick));
    tick.report(EventKind::over_budget, Severity::warning, std::move(text));
  }
  if (!budget.over.empty() || budget.stretch > 1 || budget.said.empty()) return;
  budget.said.clear();
  tick.report(EventKind::over_budget, Severity::info, "m1optd keeps its budget again");
}

Duration stretched_period(const Tick& tick) {
  const auto& sampling = tick.config.sampling;
  const Duration longest = std::max(sampling.busy_period, sampling.idle_period);
  return std::min(tick.state.budget.stretch * sampling.busy_period, longest);
}

}  // namespace m1opt::decide
