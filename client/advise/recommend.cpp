#include "client/advise/recommend.h"

#include <algorithm>
#include <array>

#include "client/advise/data.h"
#include "client/advise/quant_mix.h"
#include "client/advise/table.h"

namespace m1opt::client::advise {
namespace {

/// From fine to coarse. Below Q4_K_M a smaller model is the better one.
constexpr std::array kFineToCoarse{"Q8_0", "Q5_K_M", "Q4_K_M"};

bool has_use(const KnownModel& model, std::string_view use) {
  return use.empty() ? !model.use.empty() : (" " + model.use + " ").find(" " + std::string(use) + " ") != std::string::npos;
}

std::uint64_t sure_context(const KnownModel& model, const Weights& weights, const char* cache_type, Machine machine) {
  // What happens to be free now is of the hour; a recommendation is for longer.
  machine.available.reset();
  machine.models.clear();
  Use use;
  use.cache_type = find_cache_type(cache_type);
  return largest_context(model.shape, weights, use, at_least(std::move(machine)));
}

/// The finest mix with which a context to work with fits; nothing when none does.
std::optional<Choice> finest(const KnownModel& model, const Machine& machine) {
  const std::uint64_t wanted = std::min(kWorkingContext, model.shape.context_length);
  for (const char* mix : kFineToCoarse) {
    Choice choice{&model, model.family == "gptoss" ? "MXFP4" : mix, weights_of(model, mix), 0, 0};
    choice.context_q8_0 = sure_context(model, choice.weights, "Q8_0", machine);
    if (choice.context_q8_0 < wanted) continue;
    choice.context_f16 = sure_context(model, choice.weights, "F16", machine);
    return choice;
  }
  return std::nullopt;
}

}  // namespace

Weights weights_of(const KnownModel& model, std::string_view mix) {
  const auto quantised = quantise(model, mix).value_or(Quantised{});
  Weights weights;
  weights.bytes = quantised.bytes;
  weights.parameters = quantised.parameters;
  weights.bytes_per_token = quantised.bytes_per_token;
  weights.repacked_bytes = quantised.repacked_bytes;
  weights.input_bytes = quantised.input_bytes;
  weights.output_bytes = quantised.output_bytes;
  return weights;
}

std::vector<Choice> choices_for(const Machine& machine, std::string_view use) {
  std::vector<Choice> choices;
  for (const KnownModel& model : known_models()) {
    if (!has_use(model, use)) continue;
    if (auto choice = finest(model, machine)) choices.push_back(std::move(*choice));
  }
  std::stable_sort(choices.begin(), choices.end(), [](const Choice& a, const Choice& b) { return a.weights.parameters > b.weights.parameters; });
  return choices;
}

std::vector<Named> commonly_named(const Machine& machine) {
  std::vector<Named> named;
  if (!machine.ram) return named;
  const auto rows = read_table(data::common_csv);
  std::uint64_t size = 0;
  for (const TableRow& row : rows) {
    // The kernel keeps some of the RAM for itself: 15.6 GiB are a machine of 16.
    if (row.whole("ram_gib") << 30U <= *machine.ram + (1ULL << 30U)) size = std::max(size, row.whole("ram_gib"));
  }
  for (const TableRow& row : rows) {
    const KnownModel* model = find_known_model(row.text("model"));
    if (row.whole("ram_gib") != size || model == nullptr) continue;
    const Weights weights = weights_of(*model, row.text("mix"));
    Use use;
    use.context = kWorkingContext;
    named.push_back({model, row.text("mix"), row.real("claimed_gb"), weights,
                     judge(model->shape, weights, use, asked_about(machine, model->name, weights.bytes))});
  }
  return named;
}

std::vector<std::string> uses() { return {"chat", "coding", "reasoning", "vision"}; }

}  // namespace m1opt::client::advise
