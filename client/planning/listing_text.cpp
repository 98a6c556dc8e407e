#include <fmt/format.h>

#include "client/advise/data.h"
#include "client/advise/quant_mix.h"
#include "client/advise/table.h"
#include "client/planning/listing.h"
#include "client/planning/table_text.h"
#include "client/render/text.h"

namespace m1opt::client::planning {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

/// What the sizes of mixes are shown for.
constexpr const char* kSmall = "llama3.1:8b";
constexpr const char* kOther = "mistral:7b";

value number_or_null(double number) { return number > 0 ? value(number) : value(nullptr); }

double gigabytes(const char* model, const std::string& mix) {
  return static_cast<double>(advise::quantise(*advise::find_known_model(model), mix)->bytes) / 1e9;
}

object row_json(const Listed& row) {
  const Subject& subject = row.subject;
  value speed(nullptr);
  if (row.speed) speed = {{"low_tokens_per_s", row.speed->low}, {"high_tokens_per_s", row.speed->high}};
  return {{"name", subject.name},
          {"path", subject.path},
          {"architecture", subject.shape.architecture},
          {"quantisation", subject.quantisation.empty() ? value(nullptr) : value(subject.quantisation)},
          {"parameters", subject.weights.parameters},
          {"bits_per_weight", subject.weights.bits_per_weight()},
          {"bytes", subject.weights.bytes + subject.weights.projector_bytes + subject.weights.adapter_bytes},
          {"trained_context", subject.shape.context_length},
          {"largest_context_f16", row.context_f16 == 0 ? value(nullptr) : value(row.context_f16)},
          {"largest_context_q8_0", row.context_q8_0 == 0 ? value(nullptr) : value(row.context_q8_0)},
          {"speed", std::move(speed)}};
}

std::vector<std::string> row_cells(const Listed& row) {
  const auto& weights = row.subject.weights;
  return {render::printable(row.subject.name),
          gigabytes_text(weights.bytes + weights.projector_bytes + weights.adapter_bytes),
          row.subject.quantisation.empty() ? "?" : row.subject.quantisation,
          fmt::format("{:.2f}", weights.bits_per_weight()),
          context_text(row.context_f16),
          context_text(row.context_q8_0),
          row.speed ? fmt::format("~{:.0f}-{:.0f}", row.speed->low, row.speed->high) : "?"};
}

}  // namespace

object to_json(const Listing& listing) {
  array rows;
  for (const Listed& row : listing.models) rows.push_back(row_json(row));
  array problems;
  for (const auto& problem : listing.problems) problems.push_back({{"name", problem.what}, {"why", problem.why}});
  return {{"schema", "m1opt.models/1"},
          {"version", M1OPT_VERSION},
          {"place", listing.place.empty() ? value(nullptr) : value(listing.place)},
          {"models", std::move(rows)},
          {"problems", std::move(problems)}};
}

std::string to_text(const Listing& listing, const render::Style& style) {
  const auto width = static_cast<std::size_t>(style.width);
  if (listing.place.empty()) return "Ollama keeps no models here, and no directory was named.\n";
  if (listing.models.empty() && listing.problems.empty()) return fmt::format("No models in {}.\n", render::printable(listing.place));
  std::string text;
  if (!listing.models.empty()) {
    std::vector<std::vector<std::string>> rows{{"MODEL", "SIZE", "QUANT", "BITS", "CTX F16", "CTX Q8_0", "TOK/S"}};
    for (const Listed& row : listing.models) rows.push_back(row_cells(row));
    text = table_text(rows, style);
    text += render::labelled("", 0, "CTX: the largest context that fits now, with an f16 and a q8_0 KV cache; - none. TOK/S: with an empty context. "
                                    "m1optctl plan MODEL shows each number.", width);
  }
  for (const auto& problem : listing.problems) {
    text += render::labelled("Left out", 10, render::printable(fmt::format("{}: {}", problem.what, problem.why)), width);
  }
  return text;
}

object quants_json() {
  array rows;
  for (const advise::TableRow& row : advise::read_table(advise::data::quants_csv)) {
    const std::string mix = row.text("name");
    rows.push_back({{"name", mix},
                    {"bits_per_weight", advise::quantise(*advise::find_known_model(kSmall), mix)->bits_per_weight()},
                    {"published_bits_llama31_8b", number_or_null(row.real("llama31_8b"))},
                    {"published_bits_llama2_7b", number_or_null(row.real("llama2_7b"))},
                    {"claimed_bits", number_or_null(8 * row.real("claimed_bytes"))},
                    {"gigabytes_llama31_8b", gigabytes(kSmall, mix)},
                    {"gigabytes_mistral_7b", gigabytes(kOther, mix)}});
  }
  array types;
  for (const auto& type : advise::gguf::tensor_types()) {
    types.push_back({{"name", type.name}, {"block", type.block}, {"bytes", type.bytes}, {"bits_per_weight", type.bits_per_weight()}});
  }
  return {{"schema", "m1opt.quants/1"}, {"version", M1OPT_VERSION}, {"mixes", std::move(rows)}, {"types", std::move(types)}};
}

std::string quants_text(const render::Style& style) {
  std::vector<std::vector<std::string>> rows{{"MIX", "BITS A WEIGHT", "OFTEN CLAIMED", kSmall, kOther}};
  for (const advise::TableRow& row : advise::read_table(advise::data::quants_csv)) {
    const std::string mix = row.text("name");
    const double claimed = 8 * row.real("claimed_bytes");
    rows.push_back({mix, fmt::format("{:.2f}", advise::quantise(*advise::find_known_model(kSmall), mix)->bits_per_weight()),
                    claimed > 0 ? fmt::format("{:.0f}", claimed) : "", fmt::format("{:.2f} GB", gigabytes(kSmall, mix)),
                    fmt::format("{:.2f} GB", gigabytes(kOther, mix))});
  }
  return table_text(rows, style) +
         render::labelled("", 0, "Blocks have scales, and llama.cpp keeps some tensors finer: so a mix takes more than its name says. Bits of "
                                 "Llama 3.1 8B; a model with a large vocabulary or narrow rows takes more. `ollama create --quantize` makes "
                                 "Q4_K_S, Q4_K_M, Q8_0 and F16 only; others must be pulled ready-made.",
                          static_cast<std::size_t>(style.width));
}

}  // namespace m1opt::client::planning
