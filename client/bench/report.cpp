#include "client/bench/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "client/render/format.h"
#include "client/render/text.h"

namespace m1opt::client::bench {
namespace {

using boost::json::object;
using boost::json::value;

constexpr std::size_t kLabel = 12;
constexpr std::array kPhases{Phase::generation, Phase::prompt};

const char* word_of(Arm arm) { return arm == Arm::paused ? "paused" : "active"; }
const char* title_of(Phase phase) { return phase == Phase::prompt ? "Prompt" : "Generation"; }

const char* word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::faster: return "faster";
    case Verdict::slower: return "slower";
    case Verdict::no_measurable_gain: return "no measurable gain";
    case Verdict::unknown: return "unknown";
  }
  return "";
}

template <class T>
value value_or_null(const std::optional<T>& number) {
  return number ? value(*number) : value(nullptr);
}

std::optional<Estimate> speed_of(const Report& report, Phase phase, Arm arm) {
  return estimate_median(rates_of(report.outcome, phase, arm), report.plan.seed);
}

object estimate_json(const Estimate& estimate, double scale) {
  const auto scaled = [scale](std::optional<double> number) {
    if (number) *number *= scale;
    return value_or_null(number);
  };
  return {{"value", estimate.value * scale}, {"low", scaled(estimate.low)}, {"high", scaled(estimate.high)}};
}

object run_json(const Run& run) {
  return {{"arm", word_of(run.arm)},
          {"prompt_tokens", run.generation.prompt_tokens},
          {"prompt_tokens_per_s", value_or_null(run.generation.prompt_rate)},
          {"tokens", run.generation.tokens},
          {"tokens_per_s", value_or_null(run.generation.rate)},
          {"hot", run.hot},
          {"settled", run.settled},
          {"conditions", to_json(run.conditions)}};
}

object summary_json(const Report& report, Phase phase) {
  object summary;
  for (const Arm arm : {Arm::paused, Arm::active}) {
    const auto speed = speed_of(report, phase, arm);
    summary[std::string(word_of(arm)) + "_tokens_per_s"] =
        speed ? value(estimate_json(*speed, 1)) : value(nullptr);
  }
  const auto gain = gain_of(report, phase);
  summary["gain_percent"] = gain ? value(estimate_json(*gain, 100)) : value(nullptr);
  summary["verdict"] = report.plan.compare ? value(word_of(judge(gain))) : value(nullptr);
  return summary;
}

std::string signed_percent(double share) { return fmt::format("{:+.1f} %", share * 100); }

std::string speed_text(const std::optional<Estimate>& speed) {
  if (!speed) return "not told by the server";
  if (!speed->low) return fmt::format("{:.1f} tok/s", speed->value);
  return fmt::format("{:.1f} tok/s ({:.1f} to {:.1f})", speed->value, *speed->low, *speed->high);
}

std::string gain_text(const std::optional<Estimate>& gain) {
  if (!gain) return "not to be told";
  if (!gain->low) {
    return fmt::format("{}; no interval: fewer than {} pairs", signed_percent(gain->value), kFewest);
  }
  const std::string interval = fmt::format("{} (95 % interval {} to {})", signed_percent(gain->value),
                                           signed_percent(*gain->low), signed_percent(*gain->high));
  switch (judge(gain)) {
    case Verdict::no_measurable_gain: return "no measurable gain: " + interval;
    case Verdict::slower: return "slower with m1opt: " + interval;
    case Verdict::faster:
    case Verdict::unknown: break;
  }
  return interval;
}

/// Of the runner's CPU time, percent; empty when the system does not tell.
std::string share_text(const Outcome& outcome, Arm arm) {
  std::vector<double> shares;
  for (const Run& run : outcome.runs) {
    const auto share = run.conditions.performance_core_share_percent;
    if (run.arm == arm && share) shares.push_back(*share);
  }
  const auto middle = median(shares);
  return middle ? fmt::format("{:.0f} %", *middle) : "";
}

std::string pressure_text(const Conditions& conditions) {
  const std::string swap = conditions.swap_used_bytes
                               ? render::format_bytes(*conditions.swap_used_bytes) + " of swap used"
                               : "swap unknown";
  return fmt::format("{}, {}", conditions.pressure.empty() ? "unknown" : render::printable(conditions.pressure), swap);
}

std::string heat_text(const Outcome& outcome) {
  if (!is_heat_known(outcome.before)) return "not known here, so no run waited for it";
  const auto hot = std::count_if(outcome.runs.begin(), outcome.runs.end(),
                                 [](const Run& run) { return run.hot; });
  return hot == 0 ? "every run began below the limit"
                  : fmt::format("{} runs began hot, after two minutes of waiting", hot);
}

std::string compared_text(const Report& report, const render::Style& style) {
  const auto width = static_cast<std::size_t>(style.width);
  std::string text;
  for (const Phase phase : kPhases) {
    const auto gain = gain_of(report, phase);
    const bool faster = judge(gain) == Verdict::faster;
    text += render::labelled(title_of(phase), kLabel,
                             fmt::format("{} paused, {} active",
                                         speed_text(speed_of(report, phase, Arm::paused)),
                                         speed_text(speed_of(report, phase, Arm::active))),
                             width);
    text += render::labelled(
        "", kLabel,
        render::paint(style, faster ? render::Tone::good : render::Tone::strong,
                      gain_text(gain)),
        width);
  }
  const std::string paused = share_text(report.outcome, Arm::paused);
  const std::string active = share_text(report.outcome, Arm::active);
  text += render::labelled("P-cores", kLabel,
                           paused.empty() || active.empty()
                               ? "not told by this system"
                               : fmt::format("{} of the runner's CPU time paused, {} active", paused, active),
                           width);
  const auto unsettled = std::count_if(report.outcome.runs.begin(), report.outcome.runs.end(),
                                       [](const Run& run) { return !run.settled; });
  if (unsettled > 0) {
    text += render::labelled(
        "Note", kLabel,
        fmt::format("in {} of {} runs the daemon did not hold all that it held at first", unsettled,
                    report.outcome.runs.size()),
        width);
  }
  return text;
}

std::string plain_text(const Report& report, const render::Style& style) {
  const auto width = static_cast<std::size_t>(style.width);
  std::string text;
  for (const Phase phase : kPhases) {
    text += render::labelled(title_of(phase), kLabel, speed_text(speed_of(report, phase, Arm::active)),
                             width);
  }
  if (report.outcome.watched) {
    const std::string share = share_text(report.outcome, Arm::active);
    text += render::labelled("P-cores", kLabel,
                             share.empty() ? "not told by this system" : share + " of the runner's CPU time",
                             width);
  }
  return text;
}

}  // namespace

std::vector<double> rates_of(const Outcome& outcome, Phase phase, Arm arm) {
  std::vector<double> rates;
  for (const Run& run : outcome.runs) {
    const auto& rate = phase == Phase::prompt ? run.generation.prompt_rate : run.generation.rate;
    if (run.arm == arm && rate) rates.push_back(*rate);
  }
  return rates;
}

std::optional<Estimate> gain_of(const Report& report, Phase phase) {
  if (!report.plan.compare) return std::nullopt;
  return estimate_gain(rates_of(report.outcome, phase, Arm::paused),
                       rates_of(report.outcome, phase, Arm::active), report.plan.seed);
}

object to_json(const Report& report) {
  boost::json::array runs;
  for (const Run& run : report.outcome.runs) runs.push_back(run_json(run));
  const auto& machine = report.machine;
  std::optional<std::int64_t> ram;
  if (machine.ram) ram = machine.ram->value();
  return {{"schema", "m1opt.bench/1"},
          {"version", M1OPT_VERSION},
          {"taken", report.taken},
          {"machine",
           {{"os", machine.reading.os},
            {"chip", machine.reading.chip},
            {"model", machine.reading.model},
            {"cores", machine.reading.cores},
            {"performance_cores", value_or_null(machine.reading.performance_cores)},
            {"ram_bytes", value_or_null(ram)}}},
          {"server", report.server},
          {"model",
           {{"name", report.model.name},
            {"quantization", report.model.quantization},
            {"size_bytes", value_or_null(report.model.size_bytes)},
            {"context", value_or_null(report.model.context)}}},
          {"compared", report.plan.compare},
          {"tokens_a_run", report.plan.tokens},
          {"seed", report.plan.seed},
          {"generation", summary_json(report, Phase::generation)},
          {"prompt", summary_json(report, Phase::prompt)},
          {"before", to_json(report.outcome.before)},
          {"after", to_json(report.outcome.after)},
          {"runs", std::move(runs)}};
}

std::string to_text(const Report& report, const render::Style& style) {
  const auto width = static_cast<std::size_t>(style.width);
  const auto& model = report.model;
  std::string text = render::labelled(
      "Model", kLabel,
      render::printable(fmt::format("{}{}, {}", model.name,
                                    model.quantization.empty() ? "" : " (" + model.quantization + ")",
                                    report.server)),
      width);
  text += report.plan.compare ? compared_text(report, style) : plain_text(report, style);
  text += render::labelled(
      "Measured", kLabel,
      report.plan.compare
          ? fmt::format("{} pairs, each in an order by chance; medians; {} tokens a run",
                        report.plan.runs, report.plan.tokens)
          : fmt::format("{} runs of {} tokens; medians", report.plan.runs, report.plan.tokens),
      width);
  if (report.outcome.watched) {
    text += render::labelled("Memory", kLabel,
                             fmt::format("before: {}; after: {}", pressure_text(report.outcome.before),
                                         pressure_text(report.outcome.after)),
                             width);
    text += render::labelled("Heat", kLabel, heat_text(report.outcome), width);
  } else {
    text += render::labelled("Memory, heat", kLabel + 2, "not known: no daemon told", width);
  }
  if (report.claimed) {
    text += render::labelled("Claimed", kLabel,
                             fmt::format("{:.0f} to {:.0f} tok/s for {} on an {}: nobody says how "
                                         "that was measured",
                                         report.claimed->low, report.claimed->high,
                                         report.claimed->model, report.claimed->machine),
                             width);
  }
  return text;
}

}  // namespace m1opt::client::bench
