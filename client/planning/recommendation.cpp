#include "client/planning/recommendation.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/advise/text.h"
#include "client/planning/table_text.h"
#include "client/render/format.h"
#include "client/render/text.h"

namespace m1opt::client::planning {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

value count_or_null(std::uint64_t count) { return count == 0 ? value(nullptr) : value(count); }

std::string sign_of(const advise::KnownModel& model) { return model.unverified == "shape" ? "~" : ""; }

std::string speed_text(const Recommendation& recommendation, const advise::Weights& weights) {
  const auto bandwidth = recommendation.calibration.bandwidth_for(weights.bytes_per_token);
  if (!bandwidth) return "?";
  const auto speed = advise::speed_of(*bandwidth, weights.bytes_per_token, 0);
  return fmt::format("~{:.0f}-{:.0f}", speed.low, speed.high);
}

object choice_json(const Recommendation& recommendation, const advise::Choice& choice) {
  value speed(nullptr);
  if (const auto bandwidth = recommendation.calibration.bandwidth_for(choice.weights.bytes_per_token)) {
    const auto found = advise::speed_of(*bandwidth, choice.weights.bytes_per_token, 0);
    speed = {{"low_tokens_per_s", found.low}, {"high_tokens_per_s", found.high}};
  }
  return {{"name", choice.model->name},
          {"quantisation", choice.mix},
          {"bytes", choice.weights.bytes},
          {"parameters", choice.weights.parameters},
          {"largest_context_f16", count_or_null(choice.context_f16)},
          {"largest_context_q8_0", count_or_null(choice.context_q8_0)},
          {"speed", std::move(speed)},
          {"use", choice.model->use},
          {"unverified", choice.model->unverified.empty() ? value(nullptr) : value(choice.model->unverified)},
          {"source", choice.model->source}};
}

object named_json(const advise::Named& named) {
  return {{"name", named.model->name},
          {"quantisation", named.mix},
          {"claimed_gigabytes", named.claimed_gb},
          {"gigabytes", static_cast<double>(named.weights.bytes) / 1e9},
          {"fit", advise::word_of(named.verdict.fit)},
          {"certain", named.verdict.certain},
          {"text", named.verdict.sentence}};
}

std::string machine_text(const advise::Machine& machine) {
  const std::string ram = machine.ram ? render::format_bytes(static_cast<double>(*machine.ram)) + " of RAM" : "RAM not known";
  if (!machine.metal && machine.ram) {
    return fmt::format("{}, of which ~ {} are left to the system and programs: a reserve and no reading", ram, advise::gib_text(advise::reserve_of(*machine.ram)));
  }
  if (!machine.metal) return ram;
  return fmt::format("{}, of which Metal allows {} ({})", ram, advise::gib_text(machine.metal->bytes), machine.metal->source);
}

}  // namespace

Recommendation recommend(const advise::Machine& machine, const std::string& use) {
  return {machine, use, advise::choices_for(machine, use), advise::commonly_named(machine), Calibration(machine)};
}

object to_json(const Recommendation& recommendation) {
  array choices;
  for (const auto& choice : recommendation.choices) choices.push_back(choice_json(recommendation, choice));
  array named;
  for (const auto& row : recommendation.named) named.push_back(named_json(row));
  return {{"schema", "m1opt.recommendation/1"},
          {"version", M1OPT_VERSION},
          {"ram_bytes", recommendation.machine.ram ? value(*recommendation.machine.ram) : value(nullptr)},
          {"reserve_bytes", recommendation.machine.ram ? value(advise::reserve_of(*recommendation.machine.ram)) : value(nullptr)},
          {"use", recommendation.use.empty() ? value(nullptr) : value(recommendation.use)},
          {"models", std::move(choices)},
          {"commonly_named", std::move(named)}};
}

std::string to_text(const Recommendation& recommendation, std::size_t most, const render::Style& style) {
  const auto width = static_cast<std::size_t>(style.width);
  std::string text = render::labelled("For", 10, machine_text(recommendation.machine), width);
  std::vector<std::vector<std::string>> rows{{"MODEL", "QUANT", "SIZE", "CTX F16", "CTX Q8_0", "TOK/S"}};
  for (const auto& choice : recommendation.choices) {
    if (most != 0 && rows.size() > most) break;
    const std::string sign = sign_of(*choice.model);
    rows.push_back({choice.model->name, choice.mix, sign + gigabytes_text(choice.weights.bytes), sign + context_text(choice.context_f16),
                    sign + context_text(choice.context_q8_0), speed_text(recommendation, choice.weights)});
  }
  text += rows.size() == 1 ? "No model that is known here fits with a context to work with.\n" : table_text(rows, style);
  text += render::labelled("", 0, fmt::format("Each in the finest of Q8_0, Q5_K_M and Q4_K_M that leaves at least {} tokens with a q8_0 KV cache; ~ not verified. A larger model in "
                                              "Q4_K_M is mostly better than a smaller one in Q8_0.", advise::kWorkingContext), width);
  if (!recommendation.named.empty()) text += "\nCommonly named for so much RAM, with a context of 8192:\n";
  for (const auto& row : recommendation.named) {
    text += render::labelled(fmt::format("  {} {}", row.model->name, row.mix), 24,
                             fmt::format("{} (said to be {:.1f} GB): {}{}", gigabytes_text(row.weights.bytes), row.claimed_gb, row.verdict.sentence,
                                         row.verdict.certain ? "" : ", " + row.verdict.doubt), width);
  }
  return text;
}

}  // namespace m1opt::client::planning
