#include "client/planning/plan.h"

namespace m1opt::client::planning {
namespace {

using advise::Certainty;
using boost::json::array;
using boost::json::object;
using boost::json::value;

const char* word_of(Certainty certainty) {
  switch (certainty) {
    case Certainty::exact: return "exact";
    case Certainty::estimate: return "estimate";
    case Certainty::limit: return "limit";
  }
  return "estimate";
}

const char* word_of(Subject::Source source) {
  switch (source) {
    case Subject::Source::file: return "file";
    case Subject::Source::store: return "store";
    case Subject::Source::server: return "server";
    case Subject::Source::shape: return "shape";
  }
  return "shape";
}

value text_or_null(const std::string& text) { return text.empty() ? value(nullptr) : value(text); }
template <class T>
value value_or_null(const std::optional<T>& number) {
  return number ? value(*number) : value(nullptr);
}

object model_json(const Subject& subject) {
  array doubts;
  for (const std::string& doubt : subject.shape.doubts) doubts.emplace_back(doubt);
  return {{"name", subject.name},
          {"source", word_of(subject.source)},
          {"path", text_or_null(subject.path)},
          {"architecture", subject.shape.architecture},
          {"quantisation", text_or_null(subject.quantisation)},
          {"parameters", subject.weights.parameters},
          {"bits_per_weight", subject.weights.bits_per_weight()},
          {"bytes", subject.weights.bytes},
          {"bytes_per_token", subject.weights.bytes_per_token},
          {"trained_context", subject.shape.context_length == 0 ? value(nullptr) : value(subject.shape.context_length)},
          {"own_context", value_or_null(subject.own_context)},
          {"unverified", text_or_null(subject.unverified)},
          {"doubts", std::move(doubts)}};
}

object use_json(const advise::Use& use) {
  return {{"context", use.context},
          {"slots", use.parallel},
          {"batch", advise::batch_of(use)},
          {"cache_type", use.cache_type->name},
          {"flash_attention", use.flash_attention}};
}

array holders_json(const std::vector<advise::Holder>& holders) {
  array out;
  for (const auto& holder : holders) out.push_back({{"name", holder.name}, {"bytes", holder.bytes}});
  return out;
}

object machine_json(const advise::Machine& machine) {
  array unknown;
  for (const std::string& reason : machine.unknown) unknown.emplace_back(reason);
  value metal(nullptr);
  if (machine.metal) {
    metal = {{"low_bytes", machine.metal->bytes.low}, {"high_bytes", machine.metal->bytes.high}, {"source", machine.metal->source}};
  }
  return {{"system", machine.system == advise::System::macos ? "macos" : "linux"},
          {"this_machine", machine.this_one},
          {"chip", text_or_null(machine.chip)},
          {"ram_bytes", value_or_null(machine.ram)},
          {"available_bytes", value_or_null(machine.available)},
          {"metal", std::move(metal)},
          {"fit_margin_bytes", machine.metal ? value(advise::kFitMargin) : value(nullptr)},
          {"reserve_bytes", value_or_null(advise::reserve_in(machine))},
          {"loaded_models", holders_json(machine.models)},
          {"own_loaded_bytes", machine.own ? value(machine.own->bytes) : value(nullptr)},
          {"targets", holders_json(machine.targets)},
          {"suspending_frees_at_most_bytes", advise::freed_by_suspending(machine)},
          {"unknown", std::move(unknown)}};
}

object terms_json(const advise::Footprint& footprint) {
  array terms;
  for (const auto& term : footprint.terms) {
    terms.push_back({{"id", term.id},
                     {"name", term.name},
                     {"bytes", term.bytes},
                     {"certainty", word_of(term.certainty)},
                     {"formula", term.formula}});
  }
  return {{"terms", std::move(terms)}, {"loaded_bytes", footprint.loaded()}, {"later_bytes", footprint.later()}};
}

object speed_json(const advise::Speed& speed) {
  return {{"low_tokens_per_s", speed.low}, {"high_tokens_per_s", speed.high}, {"bound_tokens_per_s", value_or_null(speed.bound)}};
}

value speeds_json(const Plan& plan) {
  if (!plan.bandwidth) return nullptr;
  return {{"bandwidth_bytes_per_s", value_or_null(plan.bandwidth->memory)},
          {"source", plan.bandwidth->source},
          {"doubt", text_or_null(plan.bandwidth->doubt)},
          {"empty_context", speed_json(plan.fresh)},
          {"full_context", speed_json(plan.full)}};
}

}  // namespace

object to_json(const Plan& plan) {
  object reach;
  for (const Reach& row : plan.reach) reach[row.cache_type] = row.context == 0 ? value(nullptr) : value(row.context);
  return {{"schema", "m1opt.plan/1"},
          {"version", M1OPT_VERSION},
          {"model", model_json(plan.subject)},
          {"use", use_json(plan.use)},
          {"memory", terms_json(plan.footprint)},
          {"machine", machine_json(plan.machine)},
          {"verdict",
           {{"fit", advise::word_of(plan.verdict.fit)},
            {"certain", plan.verdict.certain},
            {"doubt", text_or_null(plan.verdict.doubt)},
            {"text", plan.verdict.sentence},
            {"use", use_json(plan.verdict.use)}}},
          {"largest_context", std::move(reach)},
          {"speed", speeds_json(plan)}};
}

}  // namespace m1opt::client::planning
